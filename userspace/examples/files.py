#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Try a register and an interrupt of a feature with nothing but its files, as any language can: files.py ID"""
import os
import select
import sys

BUS = "/sys/bus/dfl/devices"


def find(feature_id):
    for name in os.listdir(BUS):
        with open(f"{BUS}/{name}/feature_id") as file:
            if int(file.read(), 16) == feature_id:
                return f"{BUS}/{name}/dflres"
    sys.exit(f"there is no feature {feature_id:#x}")


os.chdir(find(int(sys.argv[1], 0)))
event = os.eventfd(0)  # the claim lasts as long as this descriptor
with open("lease", "w") as lease:
    lease.write(str(event))

registers = os.open("resource0", os.O_RDWR)
os.pwrite(registers, (0x1122334455667788).to_bytes(8, "little"), 0x8)  # one access of 64 bits
value = int.from_bytes(os.pread(registers, 8, 0x8), "little")
print(f"0x{value:016x}")

irq = os.open("irq0", os.O_RDONLY)
before = int(os.pread(irq, 32, 0))  # read before polling
poll = select.poll()
poll.register(irq, select.POLLPRI)
if not poll.poll(5000):
    sys.exit("interrupt 0 did not come in time")
print("interrupts:", int(os.pread(irq, 32, 0)) - before)
