"""The plugs, one file each. `wiring` alone knows them."""
