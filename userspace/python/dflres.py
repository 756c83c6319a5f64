# SPDX-License-Identifier: LGPL-2.1-or-later
"""Use features of DFL cards: libdflres(3) for Python.

    import dflres

    with dflres.select("fme:0x30").claim() as claim, claim.registers() as regs:
        regs.write64(0x8, 0x1122334455667788)
        print(hex(regs.read64(0x8)))
        with claim.irq(0) as irq:
            print("interrupts:", irq.wait(timeout=5))

Each library call that fails raises OSError with its errno, and with the sentence of dflres_explain() if there is one.
Times are in seconds; None waits for ever. An object closes at the end of its `with`, by close(), or when Python collects
it. A closed object raises ValueError, and so does the feature of a closed claim. A number that no library call can take
raises OverflowError.

The library reads and writes registers: each call is one access of exactly that width. README in this module's directory
says what mmap, struct and ctypes do instead.
"""
import ctypes
import enum
import errno as _errno
import math
import os
import select as _select
import time

__all__ = ["ANY", "Claim", "Claimable", "Dma", "Feature", "Holder", "Hotplug", "Irq", "Owner", "Registers", "Resource",
           "Type", "Watch", "claim", "features", "find", "select", "version"]

_lib = ctypes.CDLL("libdflres.so.0")

ANY = -1
_SENTENCE_MAX = 1024
_BARS = 6


class Type(enum.IntEnum):
    """What a feature belongs to. Other numbers are plain ints."""
    FME = 0
    PORT = 1


class _Word(enum.IntEnum):
    """A word of sysfs. A word of a newer module is UNKNOWN."""
    @classmethod
    def _missing_(cls, value):
        return cls(0)


class Owner(_Word):
    """Who owns a feature."""
    UNKNOWN = 0
    NONE = 1
    KERNEL = 2
    USER = 3


class Claimable(_Word):
    """Whether a feature can be claimed at all."""
    UNKNOWN = 0
    YES = 1
    OUTSIDE_BAR = 2
    OVERLAP = 3
    MSIX = 4
    NO_CARD = 5


class Dma(_Word):
    """What a card can reach by DMA."""
    UNKNOWN = 0
    OFF = 1
    BLOCKED = 2
    TRANSLATED = 3
    WEAK = 4
    IDENTITY = 5
    UNPROTECTED = 6


class Resource(ctypes.Structure):
    """Where registers are: the physical addresses of the first and the last byte, and flags."""
    _fields_ = [("start", ctypes.c_uint64), ("end", ctypes.c_uint64), ("flags", ctypes.c_uint64)]

    def __repr__(self):
        return f"Resource(start={self.start:#x}, end={self.end:#x}, flags={self.flags:#x})"


class _Filter(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("card", ctypes.c_char_p), ("type", ctypes.c_int), ("id", ctypes.c_int),
                ("revision", ctypes.c_int), ("owner", ctypes.c_int), ("guid", ctypes.c_char_p)]


class Holder(ctypes.Structure):
    """Who owns a feature: owner, word, driver, pid, uid, command and user."""
    _fields_ = [("_owner", ctypes.c_int), ("_word", ctypes.c_char * 32), ("_driver", ctypes.c_char * 256),
                ("pid", ctypes.c_int), ("_uid", ctypes.c_uint32), ("_command", ctypes.c_char * 64),
                ("_user", ctypes.c_char * 64), ("_reserved", ctypes.c_uint64 * 8)]

    @property
    def owner(self):
        """As Feature.owner."""
        return Owner(self._owner)

    @property
    def word(self):
        """The owner's word, as it is in sysfs."""
        return os.fsdecode(self._word)

    @property
    def driver(self):
        """The kernel driver that is bound, or ''."""
        return os.fsdecode(self._driver)

    @property
    def uid(self):
        """The user that claimed, or None."""
        return None if self._uid == 0xffffffff else self._uid

    @property
    def command(self):
        """The name of the process that claimed, or ''."""
        return os.fsdecode(self._command)

    @property
    def user(self):
        """The name of the user that claimed, or ''."""
        return os.fsdecode(self._user)


_POINTER = ctypes.c_void_p
_OUT = ctypes.POINTER(ctypes.c_void_p)
_INT, _UINT, _SIZE = ctypes.c_int, ctypes.c_uint, ctypes.c_size_t
_TEXT = ctypes.c_char_p


def _check(result, _function, _args):
    if result < 0:
        raise OSError(-result, os.strerror(-result))
    return result


def _declare(name, *args, returns=_INT):
    """A library function, named without the prefix. If it returns int, it raises its errors."""
    function = getattr(_lib, "dflres_" + name)
    function.argtypes = args
    function.restype = returns
    if returns is _INT:
        function.errcheck = _check
    return function


_version = _declare("version", returns=_TEXT)
_list_find = _declare("list_find", _OUT, ctypes.POINTER(_Filter))
_list_free = _declare("list_free", _POINTER, returns=None)
_list_count = _declare("list_count", _POINTER, returns=_SIZE)
_list_open = _declare("list_open", _OUT, _POINTER, _SIZE)
_select_feature = _declare("select", _OUT, _TEXT)
_feature_close = _declare("feature_close", _POINTER, returns=None)
_feature_find = _declare("feature_find", _OUT, ctypes.POINTER(_Filter), _UINT)
_feature_name = _declare("feature_name", _POINTER, returns=_TEXT)
_feature_path = _declare("feature_path", _POINTER, returns=_TEXT)
_feature_card = _declare("feature_card", _POINTER, returns=_TEXT)
_feature_type = _declare("feature_type", _POINTER, ctypes.POINTER(_UINT))
_feature_id = _declare("feature_id", _POINTER, ctypes.POINTER(_UINT))
_feature_revision = _declare("feature_revision", _POINTER, ctypes.POINTER(_UINT))
_feature_num_irqs = _declare("feature_num_irqs", _POINTER, ctypes.POINTER(_UINT))
_feature_resource = _declare("feature_resource", _POINTER, ctypes.POINTER(Resource))
_feature_bars = _declare("feature_bars", _POINTER, ctypes.POINTER(Resource))
_feature_mappable = _declare("feature_mappable", _POINTER, ctypes.POINTER(ctypes.c_bool))
_feature_leased = _declare("feature_leased", _POINTER, ctypes.POINTER(ctypes.c_bool))
_feature_claimable = _declare("feature_claimable", _POINTER, ctypes.POINTER(_INT))
_feature_dma = _declare("feature_dma", _POINTER, ctypes.POINTER(_INT))
_feature_owner = _declare("feature_owner", _POINTER, ctypes.POINTER(_INT))
_feature_owner_pid = _declare("feature_owner_pid", _POINTER, ctypes.POINTER(_INT))
_feature_guid = _declare("feature_guid", _POINTER, _TEXT)
_feature_driver = _declare("feature_driver", _POINTER, _TEXT, _SIZE)
_feature_attribute = _declare("feature_attribute", _POINTER, _TEXT, _TEXT, _SIZE)
_feature_selector = _declare("feature_selector", _POINTER, _TEXT, _SIZE)
_feature_holder = _declare("feature_holder", _POINTER, ctypes.POINTER(Holder))
_feature_release = _declare("feature_release", _POINTER, _INT)
_explain = _declare("explain", _POINTER, _INT, _INT, _TEXT, _SIZE)
_explain_name = _declare("explain_name", _TEXT, _INT, _INT, _TEXT, _SIZE)
_watch_open = _declare("watch_open", _OUT, _POINTER)
_watch_close = _declare("watch_close", _POINTER, returns=None)
_watch_fd = _declare("watch_fd", _POINTER)
_watch_read = _declare("watch_read", _POINTER, ctypes.POINTER(_INT))
_watch_wait = _declare("watch_wait", _POINTER, _INT, ctypes.POINTER(_INT))
_hotplug_open = _declare("hotplug_open", _OUT)
_hotplug_close = _declare("hotplug_close", _POINTER, returns=None)
_hotplug_fd = _declare("hotplug_fd", _POINTER)
_hotplug_read = _declare("hotplug_read", _POINTER, ctypes.POINTER(ctypes.c_bool))
_hotplug_wait = _declare("hotplug_wait", _POINTER, _INT)
_claim_open = _declare("claim_open", _OUT, _POINTER, _UINT, _INT)
_claim_select = _declare("claim_select", _OUT, ctypes.POINTER(_TEXT), _SIZE, _UINT, _INT, ctypes.POINTER(_SIZE))
_claim_from_fd = _declare("claim_from_fd", _OUT, _INT)
_claim_release = _declare("claim_release", _POINTER, _INT)
_claim_close = _declare("claim_close", _POINTER, returns=None)
_claim_check = _declare("claim_check", _POINTER)
_claim_end_fd = _declare("claim_end_fd", _POINTER)
_claim_lease_fd = _declare("claim_lease_fd", _POINTER)
_claim_fd = _declare("claim_fd", _POINTER)
_claim_feature = _declare("claim_feature", _POINTER, returns=_POINTER)
_regs_open = _declare("regs_open", _OUT, _POINTER, _UINT)
_regs_close = _declare("regs_close", _POINTER, returns=None)
_regs_base = _declare("regs_base", _POINTER, returns=_POINTER)
_regs_size = _declare("regs_size", _POINTER, returns=_SIZE)
_regs_flush = _declare("regs_flush", _POINTER, returns=None)
_regs_read = _declare("regs_try_read", _POINTER, _SIZE, _UINT, ctypes.POINTER(ctypes.c_uint64))
_regs_write = _declare("regs_try_write", _POINTER, _SIZE, _UINT, ctypes.c_uint64)
_regs_read_block = _declare("regs_read_block", _POINTER, _SIZE, _UINT, _POINTER, _SIZE)
_regs_write_block = _declare("regs_write_block", _POINTER, _SIZE, _UINT, _TEXT, _SIZE)
_irq_open = _declare("irq_open", _OUT, _POINTER, _UINT, _UINT)
_irq_close = _declare("irq_close", _POINTER, returns=None)
_irq_fd = _declare("irq_fd", _POINTER)
_irq_take = _declare("irq_take", _POINTER, ctypes.POINTER(ctypes.c_uint64))
_irq_wait = _declare("irq_wait", _POINTER, _INT, ctypes.POINTER(ctypes.c_uint64))
_irq_count = _declare("irq_count", _POINTER, ctypes.POINTER(ctypes.c_uint64))

_OPEN, _CLAIM, _TAKE_OVER, _RELEASE, _ACCESS, _IRQ, _WATCH = range(7)


def _explained(error, operation, feature=None, name=None):
    """The same error, with the library's sentence."""
    text = ctypes.create_string_buffer(_SENTENCE_MAX)
    if feature is not None:
        _explain(feature, operation, -error.errno, text, len(text))
    else:
        _explain_name(name, operation, -error.errno, text, len(text))
    return OSError(error.errno, os.fsdecode(text.value))


def _milliseconds(timeout):
    if timeout is None:
        return -1
    if timeout < 0:
        raise ValueError("a timeout is not negative; None waits for ever")
    # math.inf, too, and what is longer than a call can wait
    return math.ceil(min(timeout * 1000, 2**31 - 1))


def _wait(call, timeout):
    """Call with the rest of the timeout, again after each signal that Python has handled."""
    end = None if timeout is None else time.monotonic() + timeout
    while True:
        try:
            return call(_milliseconds(timeout))
        except InterruptedError:
            if end is not None:
                timeout = max(0, end - time.monotonic())


def _text(text):
    """A string of C ends at a NUL: it would be another one."""
    encoded = os.fsencode(text)
    if b"\0" in encoded:
        raise ValueError("embedded null character")
    return encoded


def _fits(number, kind):
    """ctypes cuts a number to the bits that there are: it would be another one."""
    if kind(number).value != number:
        raise OverflowError(f"{number:#x} is not a number of {8 * ctypes.sizeof(kind)} bits, as the library takes")
    return number


def _offset(offset):
    """One that does not fit lies beyond the end of any registers."""
    try:
        return _fits(offset, _SIZE)
    except OverflowError:
        raise OSError(_errno.ERANGE, os.strerror(_errno.ERANGE)) from None


class _Object:
    """An object that the library hands out, and takes back once."""
    _close_function = None

    def __init__(self, pointer):
        self._pointer = pointer

    @property
    def _handle(self):
        if self._pointer is None:
            raise ValueError(f"this {type(self).__name__} is closed")
        return self._pointer

    @classmethod
    def _open(cls, function, *args):
        pointer = ctypes.c_void_p()
        function(ctypes.byref(pointer), *args)
        return pointer.value

    def close(self):
        """Give it back to the library. A second time has no effect."""
        pointer, self._pointer = self._pointer, None
        if pointer is not None:
            type(self)._close_function(pointer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __del__(self):
        if getattr(self, "_pointer", None) is not None:
            self.close()

    def _get(self, function, kind):
        value = kind()
        function(self._handle, ctypes.byref(value))
        return value.value

    def _get_or_none(self, function, kind):
        try:
            return self._get(function, kind)
        except FileNotFoundError:
            return None


class _Readable:
    """A descriptor that becomes readable when another has POLLPRI, which event loops do not know."""

    def __init__(self, fd):
        self._epoll = _select.epoll()
        self._epoll.register(fd, _select.EPOLLPRI | _select.EPOLLERR)

    def fileno(self):
        """The descriptor."""
        return self._epoll.fileno()

    def close(self):
        """Close it."""
        self._epoll.close()


def _close_readable(owner):
    """Close the one of an object; it may have none, or be half made."""
    readable = getattr(owner, "_readable", None)
    if readable is not None:
        owner._readable = None
        readable.close()


async def _readable(*descriptors):
    """Wait until one of them is ready for reading. Several tasks may wait for the same one."""
    import asyncio  # pylint: disable=import-outside-toplevel # it takes longer than all the rest
    loop = asyncio.get_running_loop()
    ready = loop.create_future()
    # a loop allows one callback for a descriptor, so each task makes a descriptor of its own
    with _select.epoll() as both:
        for descriptor in descriptors:
            both.register(descriptor, _select.EPOLLIN)
        loop.add_reader(both.fileno(), lambda: ready.done() or ready.set_result(None))
        try:
            await ready
        finally:
            loop.remove_reader(both.fileno())


def version():
    """The version of the library, '0.2.0'."""
    return os.fsdecode(_version())


def _filter(card, guid, *numbers):
    return _Filter(ctypes.sizeof(_Filter), _text(card) if card else None,
                   *(_fits(number, _INT) for number in numbers),
                   _text(guid) if guid else None)


def features(card=None, type=ANY, id=ANY, revision=ANY, owner=ANY, guid=None):  # pylint: disable=redefined-builtin
    """A list of the features that match, in the order of dflres_list_find(). Close each of them."""
    found = ctypes.c_void_p()
    _list_find(ctypes.byref(found), _filter(card, guid, type, id, revision, owner))
    result = []
    try:
        for index in range(_list_count(found)):
            try:
                result.append(Feature(Feature._open(_list_open, found, index)))
            except OSError as error:
                # it went away meanwhile
                if error.errno != _errno.ENODEV:
                    raise
    finally:
        _list_free(found)
    return result


def find(card=None, type=ANY, id=ANY, revision=ANY, owner=ANY, guid=None, instance=0):  # pylint: disable=redefined-builtin
    """The feature that matches, by its instance."""
    return Feature(Feature._open(_feature_find, _filter(card, guid, type, id, revision, owner), _fits(instance, _UINT)))


def select(name):
    """The feature that a name names: dfl_dev.N, [CARD/]TYPE:ID[:INSTANCE|:any], or a path."""
    name = _text(name)
    try:
        return Feature(Feature._open(_select_feature, name))
    except OSError as error:
        raise _explained(error, _OPEN, name=name) from None


def _claim_flags(lasting, take_over, attach):
    return (1 if lasting else 0) | (2 if take_over else 0) | (4 if attach else 0)


def claim(*names, lasting=False, take_over=False, attach=False, timeout=0):
    """Claim features by their names, all of them or none: a list of claims."""
    encoded = [_text(name) for name in names]
    claims = (ctypes.c_void_p * len(names))()
    failed = ctypes.c_size_t()

    def call(milliseconds):
        _claim_select(claims, (ctypes.c_char_p * len(names))(*encoded), len(names),
                      _claim_flags(lasting, take_over, attach), milliseconds, ctypes.byref(failed))

    try:
        _wait(call, timeout)
    except OSError as error:
        raise _explained(error, _TAKE_OVER if take_over else _CLAIM, name=encoded[failed.value]) from None
    return [Claim(pointer) for pointer in claims]


class Feature(_Object):
    """One feature: what it is, and who owns it. Each property reads sysfs anew."""
    _close_function = _feature_close

    def __init__(self, pointer, keeper=None):
        super().__init__(pointer)
        self._keeper = keeper

    @property
    def _handle(self):
        # the memory is the claim's, and goes with it
        if self._keeper is not None and self._pointer is not None:
            self._keeper._handle  # pylint: disable=pointless-statement # it raises
        return super()._handle

    def close(self):
        if self._keeper is None:
            super().close()
        self._pointer = None

    def __repr__(self):
        try:
            return f"<dflres.Feature {self.name}>"
        except ValueError:
            return "<dflres.Feature, closed>"

    @property
    def name(self):
        """Its name on the bus, dfl_dev.N."""
        return os.fsdecode(_feature_name(self._handle))

    @property
    def path(self):
        """Its directory in sysfs."""
        return os.fsdecode(_feature_path(self._handle))

    @property
    def card(self):
        """The PCI address of its card, or ''."""
        return os.fsdecode(_feature_card(self._handle))

    @property
    def type(self):
        """A Type, or another number."""
        number = self._get(_feature_type, _UINT)
        return Type(number) if number in (0, 1) else number

    @property
    def id(self):
        """Its feature id."""
        return self._get(_feature_id, _UINT)

    @property
    def revision(self):
        """Its revision."""
        return self._get(_feature_revision, _UINT)

    @property
    def num_irqs(self):
        """How many interrupts it has."""
        return self._get(_feature_num_irqs, _UINT)

    @property
    def resource(self):
        """Where its registers are."""
        resource = Resource()
        _feature_resource(self._handle, ctypes.byref(resource))
        return resource

    @property
    def bars(self):
        """The BARs of its card, by number."""
        bars = (Resource * _BARS)()
        _feature_bars(self._handle, bars)
        return list(bars)

    @property
    def mappable(self):
        """Whether a process can map its registers."""
        return self._get(_feature_mappable, ctypes.c_bool)

    @property
    def claimable(self):
        """Whether it can be claimed at all: a Claimable."""
        return Claimable(self._get(_feature_claimable, _INT))

    @property
    def dma(self):
        """What its card can reach by DMA: a Dma."""
        return Dma(self._get(_feature_dma, _INT))

    @property
    def owner(self):
        """Who owns it: an Owner."""
        return Owner(self._get(_feature_owner, _INT))

    @property
    def owner_pid(self):
        """The process that claimed it, 0 if that is gone, None without a claim."""
        return self._get_or_none(_feature_owner_pid, _INT)

    @property
    def leased(self):
        """Whether the claim on it is a lease."""
        return self._get(_feature_leased, ctypes.c_bool)

    @property
    def driver(self):
        """The driver that is bound, or None."""
        text = ctypes.create_string_buffer(256)
        try:
            _feature_driver(self._handle, text, len(text))
        except FileNotFoundError:
            return None
        return os.fsdecode(text.value)

    @property
    def guid(self):
        """Its guid, or None where the bus shows none."""
        text = ctypes.create_string_buffer(37)
        try:
            _feature_guid(self._handle, text)
        except FileNotFoundError:
            return None
        return os.fsdecode(text.value)

    @property
    def selector(self):
        """CARD/TYPE:ID:INSTANCE, which stays the same."""
        text = ctypes.create_string_buffer(64)
        _feature_selector(self._handle, text, len(text))
        return os.fsdecode(text.value)

    @property
    def holder(self):
        """Who owns it, in detail: a Holder."""
        holder = Holder()
        _feature_holder(self._handle, ctypes.byref(holder))
        return holder

    def attribute(self, name):
        """The text of any file of the module for it."""
        text = ctypes.create_string_buffer(4096)
        _feature_attribute(self._handle, _text(name), text, len(text))
        return os.fsdecode(text.value)

    def claim(self, lasting=False, take_over=False, attach=False, timeout=0):
        """Claim it: a Claim. The end of a `with` releases it unless it is lasting."""
        def call(milliseconds):
            return Claim._open(_claim_open, self._handle, _claim_flags(lasting, take_over, attach), milliseconds)

        try:
            return Claim(_wait(call, timeout))
        except OSError as error:
            raise _explained(error, _TAKE_OVER if take_over else _CLAIM, self._handle) from None

    def release(self, to_kernel=False):
        """End any claim on it."""
        try:
            _feature_release(self._handle, int(to_kernel))
        except OSError as error:
            raise _explained(error, _RELEASE, self._handle) from None

    def watch(self):
        """Watch its owner: a Watch."""
        return Watch(self)


class Watch(_Object):
    """The changes of a feature's owner: read(), wait(), `async for`, or a descriptor for an event loop."""
    _close_function = _watch_close

    def __init__(self, feature):
        super().__init__(self._open(_watch_open, feature._handle))
        self._readable = None

    def close(self):
        super().close()
        _close_readable(self)

    def fileno(self):
        """Ready for reading after a change, until read()."""
        if self._readable is None:
            self._readable = _Readable(_watch_fd(self._handle))
        return self._readable.fileno()

    def read(self):
        """Who owns the feature now."""
        return Owner(self._get(_watch_read, _INT))

    def wait(self, timeout=None):
        """Wait for the next change; TimeoutError."""
        owner = _INT()
        _wait(lambda milliseconds: _watch_wait(self._handle, milliseconds, ctypes.byref(owner)), timeout)
        return Owner(owner.value)

    def __aiter__(self):
        return self

    async def __anext__(self):
        await _readable(self.fileno())
        try:
            return self.read()
        except OSError as error:
            if error.errno != _errno.ENODEV:
                raise
            raise StopAsyncIteration from None


class Hotplug(_Object):
    """Whether features came or went: read(), wait(), or a descriptor for an event loop."""
    _close_function = _hotplug_close

    def __init__(self):
        super().__init__(self._open(_hotplug_open))

    def fileno(self):
        """Ready for reading after a change, until read()."""
        return _hotplug_fd(self._handle)

    def read(self):
        """Whether features may have come or gone since the last time."""
        return self._get(_hotplug_read, ctypes.c_bool)

    def wait(self, timeout=None):
        """Wait until features may have come or gone; TimeoutError."""
        _wait(lambda milliseconds: _hotplug_wait(self._handle, milliseconds), timeout)

    def __aiter__(self):
        return self

    async def __anext__(self):
        while not self.read():
            await _readable(self.fileno())


class Claim(_Object):
    """A claim of this process on a feature."""
    _close_function = _claim_close

    def __init__(self, pointer):
        super().__init__(pointer)
        self._readable = None

    @classmethod
    def from_fd(cls, fd):
        """The claim that a descriptor belongs to: os.environ["DFLRES_FD_0"] below `dflres exec`."""
        return cls(cls._open(_claim_from_fd, _fits(int(fd), _INT)))

    @property
    def feature(self):
        """The feature, for as long as the claim is open."""
        return Feature(_claim_feature(self._handle), self)

    def close(self):
        super().close()
        _close_readable(self)

    def release(self, to_kernel=False):
        """End it: its files and mappings stop working, in all processes."""
        _claim_release(self._handle, int(to_kernel))

    def check(self):
        """OSError, ENODEV, if it has ended."""
        _claim_check(self._handle)

    @property
    def ended(self):
        """Whether it has ended."""
        try:
            _claim_check(self._handle)
        except OSError as error:
            if error.errno != _errno.ENODEV:
                raise
            return True
        return False

    def fileno(self):
        """Ready for reading when the claim has ended, for good."""
        if self._readable is None:
            self._readable = _Readable(_claim_end_fd(self._handle))
        return self._readable.fileno()

    async def wait_end(self):
        """Wait until it has ended."""
        if not self.ended:
            await _readable(self.fileno())

    @property
    def lease_fd(self):
        """The descriptor that the lease lives by, or None."""
        try:
            return _claim_lease_fd(self._handle)
        except FileNotFoundError:
            return None

    @property
    def fd(self):
        """The file `resource0`, open for reading and writing."""
        return _claim_fd(self._handle)

    def registers(self, guard=True, map=True, write_combine=False):  # pylint: disable=redefined-builtin
        """Its registers. Without guard or map each access is a pread or a pwrite."""
        return Registers(self, (1 if guard else 0) | (0 if map else 4) | (8 if write_combine else 0))

    def irq(self, number=0, watch=False):
        """One of its interrupts."""
        return Irq(self, number, watch)


class Registers(_Object):
    """Registers by offset in bytes: each call is one access, of exactly that width."""
    _close_function = _regs_close

    def __init__(self, owner, flags):
        # if Python collected the claim, it would end
        self._claim = owner
        try:
            super().__init__(self._open(_regs_open, owner._handle, flags))
        except OSError as error:
            raise _explained(error, _ACCESS, _claim_feature(owner._handle)) from None

    def __len__(self):
        return _regs_size(self._handle)

    @property
    def mapped(self):
        """Whether accesses are loads and stores."""
        return _regs_base(self._handle) is not None

    def read(self, offset, width):
        """Read a register of 8, 16, 32 or 64 bits."""
        value = ctypes.c_uint64()
        _regs_read(self._handle, _offset(offset), _fits(width, _UINT), ctypes.byref(value))
        return value.value

    def write(self, offset, width, value):
        """Write a register of 8, 16, 32 or 64 bits. OverflowError if the value has more."""
        if value < 0 or value.bit_length() > _fits(width, _UINT):
            raise OverflowError(f"{value:#x} is not a number of {width} bits")
        _regs_write(self._handle, _offset(offset), width, value)

    def read8(self, offset):
        """Read 8 bits."""
        return self.read(offset, 8)

    def read16(self, offset):
        """Read 16 bits."""
        return self.read(offset, 16)

    def read32(self, offset):
        """Read 32 bits."""
        return self.read(offset, 32)

    def read64(self, offset):
        """Read 64 bits."""
        return self.read(offset, 64)

    def write8(self, offset, value):
        """Write 8 bits."""
        self.write(offset, 8, value)

    def write16(self, offset, value):
        """Write 16 bits."""
        self.write(offset, 16, value)

    def write32(self, offset, value):
        """Write 32 bits."""
        self.write(offset, 32, value)

    def write64(self, offset, value):
        """Write 64 bits."""
        self.write(offset, 64, value)

    def read_block(self, offset, length, width=64):
        """Read registers one after the other, by accesses of that width: bytes as they lie there."""
        if length > len(self):
            raise OSError(_errno.ERANGE, os.strerror(_errno.ERANGE))
        data = ctypes.create_string_buffer(length)
        _regs_read_block(self._handle, _offset(offset), _fits(width, _UINT), data, length)
        return data.raw

    def write_block(self, offset, data, width=64):
        """Write bytes as they will lie there, by accesses of that width."""
        data = bytes(data)
        _regs_write_block(self._handle, _offset(offset), _fits(width, _UINT), data, len(data))

    def flush(self):
        """Send the writes that the processor has collected in a write-combined mapping."""
        _regs_flush(self._handle)


class Irq(_Object):
    """An interrupt: wait(), take(), `async for`, or a descriptor for an event loop."""
    _close_function = _irq_close

    def __init__(self, owner, number, watch):
        self._claim = owner
        self._readable = None
        try:
            super().__init__(self._open(_irq_open, owner._handle, _fits(number, _UINT), int(watch)))
        except FileNotFoundError:
            count = owner.feature.num_irqs
            raise OSError(_errno.ENOENT, f"{owner.feature.name} has no interrupt {number}: it has {count}, counted from 0"
                          if count else f"{owner.feature.name} has no interrupts") from None
        except OSError as error:
            raise _explained(error, _IRQ, _claim_feature(owner._handle)) from None
        self._watch = watch

    def close(self):
        super().close()
        _close_readable(self)

    def fileno(self):
        """Ready for reading when there are interrupts to take. The end of the claim does not make it ready."""
        fd = _irq_fd(self._handle)
        if not self._watch:
            return fd
        if self._readable is None:
            self._readable = _Readable(fd)
        return self._readable.fileno()

    def take(self):
        """How many interrupts came since the last time; does not wait."""
        return self._get(_irq_take, ctypes.c_uint64)

    def wait(self, timeout=None):
        """Wait for interrupts and take them; TimeoutError."""
        count = ctypes.c_uint64()
        _wait(lambda milliseconds: _irq_wait(self._handle, milliseconds, ctypes.byref(count)), timeout)
        return count.value

    @property
    def count(self):
        """How many came since the claim. Takes none."""
        return self._get(_irq_count, ctypes.c_uint64)

    def __aiter__(self):
        return self

    async def __anext__(self):
        while True:
            try:
                count = self.take()
                if count:
                    return count
                await _readable(self.fileno(), self._claim.fileno())
            except OSError as error:
                if error.errno != _errno.ENODEV:
                    raise
                raise StopAsyncIteration from None
