# SPDX-License-Identifier: GPL-2.0
"""The Python module over libdflres-sim, which is preloaded."""
import ctypes
import errno
import math
import os
import signal
import threading
import time
import unittest

import dflres


class SimFeature(ctypes.Structure):
    """struct dflres_sim_feature"""
    _fields_ = [("size", ctypes.c_size_t), ("number", ctypes.c_uint), ("card", ctypes.c_char_p), ("unit", ctypes.c_char_p),
                ("type", ctypes.c_uint), ("id", ctypes.c_uint), ("revision", ctypes.c_uint), ("address", ctypes.c_uint64),
                ("length", ctypes.c_size_t), ("mappable", ctypes.c_bool), ("num_irqs", ctypes.c_uint),
                ("driver", ctypes.c_char_p)]


class ModuleTest(unittest.TestCase):
    """A card with three features: of a driver, not to be mapped, with interrupts."""

    def setUp(self):
        self.lib = ctypes.CDLL(None)
        self.sim = ctypes.c_void_p()
        self.assertEqual(self.lib.dflres_sim_new(ctypes.byref(self.sim), None), 0)
        self.add(0, 0x10, driver=b"uio_dfl")
        self.add(1, 0x20, mappable=False, length=0x40)
        self.add(2, 0x30, num_irqs=2)
        self.descriptors = len(os.listdir("/proc/self/fd"))

    def tearDown(self):
        self.assertEqual(len(os.listdir("/proc/self/fd")), self.descriptors)
        self.lib.dflres_sim_free(self.sim)

    def add(self, number, id_, mappable=True, length=0x1000, num_irqs=0, driver=None):
        """A feature of the card."""
        feature = SimFeature(ctypes.sizeof(SimFeature), number, b"0000:3b:00.0", b"dfl-fme.0", 0, id_, 3,
                             0xc0000000 + number * 0x10000, length, mappable, num_irqs, driver)
        self.assertEqual(self.lib.dflres_sim_add(self.sim, ctypes.byref(feature)), 0)

    def soon(self, function, *args):
        """Something that the card does in a while."""
        def run():
            time.sleep(0.05)
            self.assertEqual(getattr(self.lib, "dflres_sim_" + function)(self.sim, *args), 0)
        thread = threading.Thread(target=run)
        thread.start()
        self.addCleanup(thread.join)

    def fails(self, number, function, *args, **kwargs):
        """It raises OSError with that errno; the message."""
        with self.assertRaises(OSError) as caught:
            function(*args, **kwargs)
        self.assertEqual(caught.exception.errno, number, caught.exception)
        return caught.exception.strerror

    def test_version(self):
        self.assertRegex(dflres.version(), r"^\d+\.\d+\.\d+$")

    def test_features(self):
        with dflres.select("fme:0x30") as feature:
            self.assertEqual((feature.name, feature.card, feature.selector),
                             ("dfl_dev.2", "0000:3b:00.0", "0000:3b:00.0/fme:0x30:0"))
            self.assertEqual((feature.type, feature.id, feature.revision, feature.num_irqs, feature.mappable),
                             (dflres.Type.FME, 0x30, 3, 2, True))
            self.assertEqual((feature.owner, feature.owner_pid, feature.leased, feature.driver, feature.guid),
                             (dflres.Owner.NONE, None, False, None, None))
            self.assertEqual((feature.claimable, feature.dma), (dflres.Claimable.YES, dflres.Dma.OFF))
            self.assertEqual((feature.resource.start, feature.resource.end), (0xc0020000, 0xc0020fff))
            self.assertEqual(feature.attribute("revision"), "0x3")
            self.assertEqual((feature.holder.owner, feature.holder.word), (dflres.Owner.NONE, "none"))
            self.assertEqual(repr(feature), "<dflres.Feature dfl_dev.2>")
            self.assertTrue(feature.path.endswith("/dfl_dev.2"))
            self.assertEqual(self.lib.dflres_sim_set(self.sim, 2, b"dflres/dma", b"magic\n"), 0)
            self.assertEqual((feature.dma, feature.attribute("dma")), (dflres.Dma.UNKNOWN, "magic"))
            self.fails(errno.ENOENT, feature.attribute, "nothing")
        self.assertEqual(repr(feature), "<dflres.Feature, closed>")
        with self.assertRaises(ValueError):
            print(feature.id)
        feature.close()

    def test_find(self):
        found = dflres.features()
        self.assertEqual([f.name for f in found], ["dfl_dev.0", "dfl_dev.1", "dfl_dev.2"])
        for feature in found:
            feature.close()
        with dflres.find(card="3b:00.0", id=0x20) as feature:
            self.assertEqual(feature.name, "dfl_dev.1")
        self.fails(errno.ENODEV, dflres.find, id=0x20, instance=1)
        self.fails(errno.EINVAL, dflres.features, card="nothing")
        self.assertIn("there is no feature 'fme:0x99'", self.fails(errno.ENODEV, dflres.select, "fme:0x99"))
        self.assertIn("is not the name of a feature", self.fails(errno.EINVAL, dflres.select, "fme:x"))

    def test_registers(self):
        for name in "fme:0x20", "fme:0x30":
            with dflres.select(name) as feature, feature.claim() as claim, claim.registers() as regs:
                self.assertEqual(feature.owner, dflres.Owner.USER)
                self.assertEqual(regs.mapped, name == "fme:0x30")
                self.assertEqual(len(regs), 0x1000 if regs.mapped else 0x40)
                regs.write64(8, 0x1122334455667788)
                self.assertEqual(regs.read64(8), 0x1122334455667788)
                self.assertEqual([regs.read8(8), regs.read16(10), regs.read32(12)], [0x88, 0x5566, 0x11223344])
                regs.write8(8, 0xaa)
                regs.write16(10, 0xbbbb)
                regs.write32(12, 0xcccccccc)
                self.assertEqual(regs.read64(8), 0xccccccccbbbb77aa)
                self.assertEqual(regs.read_block(8, 8, width=32), bytes.fromhex("aa77bbbbcccccccc"))
                regs.write_block(0x10, b"\0\1\2\3", width=16)
                self.assertEqual(regs.read32(0x10), 0x03020100)
                regs.flush()

    def test_bad_accesses(self):
        with dflres.claim("fme:0x30")[0] as claim, claim.registers() as regs:
            self.fails(errno.ERANGE, regs.read64, len(regs))
            self.fails(errno.ERANGE, regs.read64, -8)
            self.fails(errno.ERANGE, regs.read_block, 0, 2**40)
            self.fails(errno.EINVAL, regs.read64, 4)
            self.fails(errno.EINVAL, regs.read, 0, 24)
            self.fails(errno.EINVAL, regs.write_block, 0, b"123", 32)
            for value in -1, 0x100:
                with self.assertRaises(OverflowError):
                    regs.write8(0, value)
            self.assertEqual(regs.read64(0), 0)
            with self.assertRaises(TypeError):
                regs.write8(0, "1")
        with self.assertRaises(ValueError):
            regs.read8(0)

    def test_claim(self):
        with dflres.select("fme:0x10") as feature:
            self.assertIn("the driver uio_dfl is bound to it", self.fails(errno.EBUSY, feature.claim))
            self.assertEqual(feature.driver, "uio_dfl")
            with feature.claim(take_over=True) as claim:
                self.assertEqual((feature.owner, feature.owner_pid), (dflres.Owner.USER, os.getpid()))
                self.assertTrue(feature.leased)
                self.assertIsInstance(claim.lease_fd, int)
                self.assertEqual(claim.feature.name, "dfl_dev.0")
            self.assertEqual(feature.driver, "uio_dfl")
        with dflres.select("fme:0x30") as feature:
            with feature.claim(lasting=True) as claim:
                self.assertIsNone(claim.lease_fd)
            self.assertEqual(feature.owner, dflres.Owner.USER)
            with feature.claim(attach=True) as claim, dflres.Claim.from_fd(claim.fd) as same:
                self.assertEqual(same.feature.name, "dfl_dev.2")
            feature.release()
            self.assertEqual(feature.owner, dflres.Owner.NONE)

    def test_feature_of_a_closed_claim(self):
        """Its memory is gone with the claim."""
        with dflres.claim("fme:0x30")[0] as claim:
            feature, closed = claim.feature, claim.feature
            self.assertEqual((feature.name, repr(feature)), ("dfl_dev.2", "<dflres.Feature dfl_dev.2>"))
            closed.close()
            with self.assertRaisesRegex(ValueError, "this Feature is closed"):
                print(closed.name)
        for use in lambda: feature.name, lambda: feature.owner, feature.claim, feature.watch, feature.release:
            with self.assertRaisesRegex(ValueError, "this Claim is closed"):
                use()
        self.assertEqual(repr(feature), "<dflres.Feature, closed>")
        feature.close()

    def test_names_are_not_cut(self):
        """What is behind a NUL is not ignored."""
        with dflres.select("dfl_dev.2") as feature:
            for call in (dflres.select, dflres.claim, lambda name: dflres.features(card=name),
                         lambda name: dflres.features(guid=name), feature.attribute):
                for name in "dfl_dev.2\0", "owner\0dma":
                    with self.assertRaisesRegex(ValueError, "null character"):
                        call(name)

    def test_wait_without_end(self):
        """Infinity is as None, and no number is too large."""
        with dflres.select("dfl_dev.2") as feature:
            for timeout in math.inf, 1e300:
                feature.claim(timeout=timeout).close()
            with self.assertRaises(ValueError):
                feature.claim(timeout=math.nan)

    def test_numbers_are_not_cut(self):
        """What has more bits than the library takes is not another number."""
        with dflres.claim("fme:0x30")[0] as claim, claim.registers() as regs:
            for call in (lambda n: claim.irq(n), lambda n: dflres.find(instance=n), lambda n: dflres.find(id=0x30 + n),
                         lambda n: dflres.features(type=n), lambda n: dflres.Claim.from_fd(claim.fd + n),
                         lambda n: regs.read(0, 8 + n), lambda n: regs.write(0, 8 + n, 0),
                         lambda n: regs.read_block(0, 8, 8 + n), lambda n: regs.write_block(0, b"1", 8 + n)):
                for number in 2**32, -2**32, 2**64:
                    with self.assertRaises(OverflowError):
                        call(number)
            for offset in 2**64, 2**64 + 8, -2**64:
                self.fails(errno.ERANGE, regs.read64, offset)
                self.fails(errno.ERANGE, regs.write64, offset, 1)
                self.fails(errno.ERANGE, regs.read_block, offset, 8)
                self.fails(errno.ERANGE, regs.write_block, offset, b"12345678")
            self.assertEqual(regs.read64(0), 0)
            # as where addresses have 32 bits
            size, dflres._SIZE = dflres._SIZE, ctypes.c_uint32
            self.addCleanup(setattr, dflres, "_SIZE", size)
            self.fails(errno.ERANGE, regs.read64, 2**32)

    def test_all_or_none(self):
        claims = dflres.claim("fme:0x20", "fme:0x30")
        self.assertIn("has claimed it", self.fails(errno.EBUSY, dflres.claim, "fme:0x30"))
        for claim in claims:
            claim.close()
        self.assertIn("fme:0x99", self.fails(errno.ENODEV, dflres.claim, "fme:0x30", "fme:0x99"))
        with dflres.select("fme:0x30") as feature:
            self.assertEqual(feature.owner, dflres.Owner.NONE)

    def test_end(self):
        with dflres.claim("fme:0x30")[0] as claim, claim.registers() as regs, claim.registers(guard=False) as plain:
            self.assertFalse(claim.ended)
            self.assertEqual(self.lib.dflres_sim_release(self.sim, 2), 0)
            self.assertTrue(claim.ended)
            self.fails(errno.ENODEV, claim.check)
            self.fails(errno.ENODEV, regs.read64, 0)
            self.fails(errno.ENODEV, plain.read64, 0)
            self.fails(errno.ENODEV, claim.irq)

    def test_uncollected(self):
        """What nobody holds any more ends."""
        regs = dflres.claim("fme:0x30")[0].registers()
        self.assertEqual(regs.read64(0), 0)
        del regs
        with dflres.select("fme:0x30") as feature:
            self.assertEqual(feature.owner, dflres.Owner.NONE)

    def test_interrupts(self):
        with dflres.claim("fme:0x30")[0] as claim, claim.irq(1) as irq, claim.irq(1, watch=True) as watch:
            self.assertEqual((irq.take(), irq.count), (0, 0))
            with self.assertRaises(TimeoutError):
                irq.wait(0.01)
            self.soon("interrupt", 2, 1)
            self.assertEqual(irq.wait(10), 1)
            self.assertEqual(watch.take(), 1)
            self.assertEqual((irq.take(), irq.count), (0, 1))
            self.assertIn("has no interrupt 7: it has", self.fails(errno.ENOENT, claim.irq, 7))
            with self.assertRaisesRegex(ValueError, "not negative"):
                irq.wait(-1)
        with dflres.claim("fme:0x20")[0] as claim:
            self.assertIn("has no interrupts", self.fails(errno.ENOENT, claim.irq, 0))

    def test_signal_does_not_end_a_wait(self):
        """A handler of Python's runs, and the wait goes on, for no longer than it was to."""
        seen = []
        self.addCleanup(signal.signal, signal.SIGALRM, signal.signal(signal.SIGALRM, lambda *_: seen.append(1)))
        self.addCleanup(signal.setitimer, signal.ITIMER_REAL, 0)
        with dflres.claim("fme:0x30")[0] as claim, claim.irq() as irq:
            signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
            begin = time.monotonic()
            with self.assertRaises(TimeoutError):
                irq.wait(0.3)
            self.assertTrue(0.3 <= time.monotonic() - begin < 5)
        self.assertTrue(seen)

    def test_watch(self):
        with dflres.select("fme:0x30") as feature, feature.watch() as watch:
            self.assertEqual(watch.read(), dflres.Owner.NONE)
            with self.assertRaises(TimeoutError):
                watch.wait(0.01)
            with feature.claim():
                self.assertEqual(watch.wait(10), dflres.Owner.USER)
        with dflres.Hotplug() as hotplug:
            self.assertIsInstance(hotplug.fileno(), int)
            self.assertFalse(hotplug.read())


if __name__ == "__main__":
    unittest.main()
