"""What a file lies on: a disk of this machine, or a network that several machines share."""

from __future__ import annotations

import os
import re

MOUNTS = "/proc/self/mountinfo"
# Their locks and their shared memory are not to be relied on between machines.
NETWORK = (
    " 9p afs beegfs ceph cifs coda davfs glusterfs gpfs lustre ncpfs nfs nfs4 orangefs prl_fs smb3 smbfs vboxsf "
    "fuse.cephfs fuse.davfs2 fuse.gcsfuse fuse.glusterfs fuse.rclone fuse.s3fs fuse.sshfs fuse.vmhgfs-fuse "
)


def network_file_system(path: str) -> str | None:
    """The kind of network file system, such as `nfs4`, that a file is or would be on.

    None for a disk of this machine, and where the system does not tell.
    """
    try:
        with open(MOUNTS, encoding="utf-8", errors="surrogateescape") as file:  # noqa: PTH123 - the warm path
            mounts = file.read()
    except OSError:
        return None
    kind = kind_of(os.path.realpath(path), mounts)
    return kind if f" {kind} " in NETWORK else None


def kind_of(path: str, mounts: str) -> str | None:
    """The kind of file system of an absolute path, by the lines of a `mountinfo`: the deepest, of equals the last mounted."""
    found: tuple[int, str] | None = None
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) > 4 and after:  # noqa: PLR2004 - the fifth field is where it is mounted
            place = _unescaped(fields[4]).rstrip("/")
            if (path == place or path.startswith(place + "/")) and (found is None or len(place) >= found[0]):
                found = len(place), after.split(" ", 1)[0]
    return None if found is None else found[1]


def _unescaped(place: str) -> str:
    """Spaces and their like stand as octal numbers there."""
    return re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), place) if "\\" in place else place
