#!/usr/bin/env python3
"""boot.py IMAGEDIR PAYLOADDIR: boot the guest that image.sh made, in software,
run PAYLOADDIR/run in it as root and print what comes on its serial line.

The disk is thrown away afterwards.  Exits with the status of run; 98 when the
guest ended without one, 97 when it took longer than --timeout seconds.
/dev/kvm is never used: nested, it may hang, and what is tested must not depend
on it."""
import argparse
import os
import re
import subprocess
import sys
import tempfile
import threading


def disk(number, path, options):
    return ["-drive", f"if=none,id=d{number},format=raw,file={path},{options}",
            "-device", f"virtio-blk-pci,drive=d{number}"]


def qemu(image, payload, memory, cpus):
    kernel = ("console=ttyS0 quiet panic=-1 mitigations=off audit=0 "
              "systemd.unit=guest.target systemd.show_status=0")
    return (["qemu-system-x86_64", "-accel", "tcg", "-M", "pc",
             "-cpu", "qemu64", "-m", memory, "-smp", cpus, "-nodefaults",
             "-no-user-config", "-display", "none", "-no-reboot",
             "-nic", "none", "-serial", "stdio", "-kernel", f"{image}/vmlinuz",
             "-initrd", f"{image}/initrd.img", "-append", kernel]
            + disk(0, f"{image}/disk.img", "snapshot=on,cache=unsafe")
            + disk(1, payload, "readonly=on,cache=unsafe"))


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("image")
    args.add_argument("payload")
    args.add_argument("--memory", default="768")
    args.add_argument("--cpus", default="2")
    args.add_argument("--timeout", type=float, default=600)
    o = args.parse_args()
    status = 98
    with tempfile.NamedTemporaryFile() as tar:
        subprocess.run(["tar", "-C", o.payload, "-cf", tar.name, "."],
                       check=True)
        size = os.path.getsize(tar.name)
        os.truncate(tar.name, (size + 0xfffff) & ~0xfffff)
        guest = subprocess.Popen(qemu(o.image, tar.name, o.memory, o.cpus),
                                 stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE)
        late = threading.Event()

        def end():
            late.set()
            guest.kill()
        timer = threading.Timer(o.timeout, end)
        timer.start()
        for line in guest.stdout:
            text = line.decode(errors="replace").replace("\r", "")
            sys.stdout.write(text)
            sys.stdout.flush()
            m = re.search(r"guest: status (\d+) after", text)
            if m:
                status = int(m.group(1))
        guest.wait()
        timer.cancel()
    if late.is_set() and status == 98:
        status = 97
    return status


if __name__ == "__main__":
    sys.exit(main())
