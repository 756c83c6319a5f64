#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Try a register and an interrupt of a feature: bringup.py FEATURE. The claim ends with the program, however it ends."""
import sys

import dflres

with dflres.claim(sys.argv[1], attach=True)[0] as claim, claim.registers() as registers, claim.irq(0) as irq:
    registers.write64(0x8, 0x1122334455667788)
    print(f"0x{registers.read64(0x8):016x}")
    print("interrupts:", irq.wait(timeout=5))
