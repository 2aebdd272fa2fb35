"""Starts what a unit of the system starts, confined as far as that can be had without systemd; for tests, as root.

    unshare --mount python confining.py UNIT [COMMAND ...]

It enforces UMask=, ReadWritePaths=, ReadOnlyPaths=, ProtectSystem=strict, an empty CapabilityBoundingSet=,
NoNewPrivileges=, MemoryDenyWriteExecute=, RestrictAddressFamilies= and SystemCallFilter=, and runs the command of
ExecStart= unless another is given. It leaves the user as it is, and hides nothing.
"""

import ctypes
import errno
import os
import re
import shlex
import socket
import subprocess
import sys
from pathlib import Path

_PR_SET_NO_NEW_PRIVS = 38
_PR_CAPBSET_DROP = 24
_ALLOW = 0x7FFF0000
_ERRNO = 0x00050000
_EQUAL, _MASKED_EQUAL = 4, 7
_PROT_WRITE, _PROT_EXEC = 2, 4
_HIGHEST_FAMILY = 45
_NO_FILES = ("/proc", "/sys", "/dev")


class _Comparison(ctypes.Structure):
    """struct scmp_arg_cmp of libseccomp: the number of an argument, how it is compared, a mask or value, a value."""

    _fields_ = (("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64))


def settings(unit, key):
    """The values of a key, in order."""
    return re.findall(rf"^{key}=(.*)$", unit, re.MULTILINE)


def main():
    unit = Path(sys.argv[1]).read_text(encoding="utf-8")
    command = sys.argv[2:] or shlex.split(settings(unit, "ExecStart")[0])
    confine_files(unit)
    os.umask(int(settings(unit, "UMask")[0], 8))
    libc = ctypes.CDLL(None, use_errno=True)
    assert settings(unit, "CapabilityBoundingSet") == [""]
    for capability in range(int(Path("/proc/sys/kernel/cap_last_cap").read_text()) + 1):
        assert libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) == 0
    assert settings(unit, "NoNewPrivileges") == settings(unit, "MemoryDenyWriteExecute") == ["yes"]
    assert libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    filter_arguments(settings(unit, "RestrictAddressFamilies")[0].split())
    filter_calls(allowed_calls(settings(unit, "SystemCallFilter")))
    os.execv(command[0], command)


def confine_files(unit):
    """Bind what is written to on itself, and make all the rest read-only; /var/tmp is empty and stays writable."""
    assert settings(unit, "ProtectSystem") == ["strict"]
    written = [shlex.split(value)[0] for value in settings(unit, "ReadWritePaths")]
    read = [shlex.split(value)[0].removeprefix("-") for value in settings(unit, "ReadOnlyPaths")]
    mounts = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    for path in (*written, *read):
        mount("--bind", path, path)
    for path in (*mounts, *read):
        if not path.startswith(_NO_FILES):
            mount("-o", "remount,bind,ro", path)
    mount("-t", "tmpfs", "tmpfs", "/var/tmp")
    # This folder is still the one below what was bound.
    os.chdir(Path.cwd())


def mount(*words):
    subprocess.run(["mount", *words], check=True)


def allowed_calls(values):
    """The system calls of SystemCallFilter=, whose `~` takes away."""
    printed = subprocess.run(
        ["systemd-analyze", "syscall-filter", "--no-pager"], check=True, capture_output=True, text=True
    ).stdout
    groups = {"@": []}
    for line in printed.splitlines():
        if line.startswith("@"):
            groups[line.strip()] = group = []
        elif line.startswith("    ") and not line.strip().startswith("#"):
            group.append(line.strip())
    # Those of @default are allowed always (systemd.exec(5)).
    allowed = calls_of(groups, "@default")
    for value in values:
        named = {call for word in value.removeprefix("~").split() for call in calls_of(groups, word)}
        allowed = allowed - named if value.startswith("~") else allowed | named
    return allowed


def calls_of(groups, word):
    """The calls of a group, with those of the groups in it; or the call itself."""
    if not word.startswith("@"):
        return {word}
    return {call for one in groups[word] for call in calls_of(groups, one)}


def filter_arguments(families):
    """No sockets of other families, and no memory that is written to and executed."""
    seccomp = library()
    context = seccomp.seccomp_init(_ALLOW)
    allowed = {getattr(socket, name) for name in families}
    for family in set(range(_HIGHEST_FAMILY + 1)) - allowed:
        refuse(seccomp, context, "socket", errno.EAFNOSUPPORT, _Comparison(0, _EQUAL, family, 0))
    both = _PROT_WRITE | _PROT_EXEC
    refuse(seccomp, context, "mmap", errno.EPERM, _Comparison(2, _MASKED_EQUAL, both, both))
    refuse(seccomp, context, "mprotect", errno.EPERM, _Comparison(2, _MASKED_EQUAL, _PROT_EXEC, _PROT_EXEC))
    assert seccomp.seccomp_load(context) == 0


def refuse(seccomp, context, call, why, comparison):
    number = seccomp.seccomp_syscall_resolve_name(call.encode())
    assert seccomp.seccomp_rule_add_array(context, _ERRNO | why, number, 1, ctypes.byref(comparison)) == 0


def filter_calls(names):
    seccomp = library()
    context = seccomp.seccomp_init(_ERRNO | errno.EPERM)
    for name in names:
        number = seccomp.seccomp_syscall_resolve_name(name.encode())
        # Negative: this machine has none of that name.
        if number >= 0:
            assert seccomp.seccomp_rule_add_array(context, _ALLOW, number, 0, None) == 0
    assert seccomp.seccomp_load(context) == 0


def library():
    seccomp = ctypes.CDLL("libseccomp.so.2", use_errno=True)
    seccomp.seccomp_init.restype = ctypes.c_void_p
    seccomp.seccomp_init.argtypes = [ctypes.c_uint32]
    seccomp.seccomp_load.argtypes = [ctypes.c_void_p]
    seccomp.seccomp_rule_add_array.argtypes = [
        ctypes.c_void_p,
        ctypes.c_uint32,
        ctypes.c_int,
        ctypes.c_uint,
        ctypes.c_void_p,
    ]
    return seccomp


if __name__ == "__main__":
    main()
