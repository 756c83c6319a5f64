# SPDX-License-Identifier: GPL-2.0
"""The Python module on a real bus: accesses of exactly one width, asyncio, and the end of claims. Reports in TAP."""
import asyncio
import errno
import inspect
import os
import sys
import threading
import time

import dflres

NAME, BASE = sys.argv[1], int(sys.argv[2], 0)  # a feature with interrupts, one of which comes and comes, and its place
checks = 0


def ok(what, good):
    """One check."""
    global checks  # pylint: disable=global-statement
    checks += 1
    print(f"{'ok' if good else 'not ok'} {checks} - {what}", flush=True)
    if not good:
        print(f"# at tests/vm/module.py:{inspect.currentframe().f_back.f_lineno}", flush=True)


def raises(number, function, *args):
    """Whether it raises OSError with that errno."""
    try:
        function(*args)
    except OSError as error:
        return error.errno == number
    return False


def comes(condition):
    """Whether it is so within a minute."""
    end = time.monotonic() + 60
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def peek(offset, width):
    """What the card itself has there."""
    with os.popen(f"card peek {BASE + offset:#x} {width}") as card:
        return int(card.read(), 16)


def later(function, *args):
    """Do it in a while, beside all else."""
    def run():
        time.sleep(0.2)
        function(*args)
    threading.Thread(target=run).start()


def test_registers(**how):
    """All widths."""
    with dflres.claim(NAME)[0] as claim, claim.registers(**how) as regs:
        kind = "mapped" if regs.mapped else "by call"
        regs.write64(0x20, 0x1122334455667788)
        ok(f"{kind}: what is written is in the card", peek(0x20, 64) == 0x1122334455667788)
        good = True
        for width, value in (8, 0xa5), (16, 0xbeef), (32, 0xdeadbeef), (64, 0x123456789abcdef0):
            regs.write64(0x28, 0)
            regs.write(0x28, width, value)
            good = good and regs.read(0x28, width) == value and peek(0x28, 64) == value
        ok(f"{kind}: each width writes its own bytes alone", good)
        ok(f"{kind}: a block is read as it lies there",
           regs.read_block(0x20, 8, 16) == bytes.fromhex("8877665544332211"))
        ok(f"{kind}: a read beyond the end raises ERANGE", raises(errno.ERANGE, regs.read8, len(regs)))


def test_end():
    """An administrator ends the claim."""
    with dflres.select(NAME) as feature, feature.claim() as claim, claim.registers() as regs, claim.irq(0) as irq:
        ok("registers of a claim are mapped and read with a guard", regs.mapped and regs.read64(0x20))
        feature.release()
        ok("the end of the claim is an error of each read", raises(errno.ENODEV, regs.read64, 0x20))
        ok("the end of the claim is an error of each write", raises(errno.ENODEV, regs.write64, 0x20, 0))
        ok("the claim tells that it has ended", claim.ended)
        ok("the interrupt tells that its claim has ended, once all are taken", comes(lambda: raises(errno.ENODEV, irq.take)))


async def first(iterator):
    """The first of what comes."""
    async for value in iterator:
        return value
    return None


async def test_asyncio():
    """All that is waited for in one loop."""
    with dflres.select(NAME) as feature, feature.watch() as watch:
        ok("asyncio: the owner is none at first", watch.read() == dflres.Owner.NONE)
        changed = asyncio.ensure_future(first(watch))
        await asyncio.sleep(0.1)
        ok("asyncio: the owner has not changed before a claim", not changed.done())
        with feature.claim() as claim, claim.irq(0) as irq, claim.irq(0, watch=True) as second, claim.irq(1) as silent:
            ok("asyncio: a claim is a change of the owner", await asyncio.wait_for(changed, 60) == dflres.Owner.USER)
            both = await asyncio.wait_for(asyncio.gather(first(irq), first(second)), 60)
            ok("asyncio: an interrupt comes to two who wait", all(both))
            end = asyncio.ensure_future(claim.wait_end())
            none = asyncio.ensure_future(first(silent))
            await asyncio.sleep(0.3)
            ok("asyncio: an interrupt that does not come is waited for", not none.done() and not end.done())
            later(feature.release)
            ok("asyncio: the end of the claim ends the wait for an interrupt", await asyncio.wait_for(none, 60) is None)
            await asyncio.wait_for(end, 60)
            ok("asyncio: the claim tells that it has ended", claim.ended)
            ok("asyncio: the owner is none after the end of the claim",
               await asyncio.wait_for(first(watch), 60) == dflres.Owner.NONE)


def test_unplug():
    """A card goes away."""
    with dflres.select(NAME) as feature, feature.claim() as claim, claim.registers() as regs, dflres.Hotplug() as hotplug:
        later(os.system, "card unbind 2>/dev/null")
        hotplug.wait(60)
        comes(lambda: claim.ended)
        ok("unplugged: a read raises ENODEV", raises(errno.ENODEV, regs.read64, 0))
        # the claim ends before the files go
        ok("unplugged: the feature raises ENODEV", comes(lambda: raises(errno.ENODEV, lambda: feature.owner)))


test_registers()
test_registers(map=False, guard=False)
test_end()
asyncio.run(test_asyncio())
test_unplug()
print(f"1..{checks}")
