/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libdflres: use the features of DFL cards from user space.
 *
 * A feature is one block of an FPGA card, a device on the DFL bus. The kernel
 * or user space owns it, never both; see dflres(4). The objects here are
 *
 *	struct dflres_list	the features that exist
 *	struct dflres_hotplug	features that come and go
 *	struct dflres_feature	one feature: what it is, and who owns it
 *	struct dflres_watch	the changes of its owner
 *	struct dflres_claim	a feature that this process owns
 *	struct dflres_regs	its registers
 *	struct dflres_regmap	the names of its registers
 *	struct dflres_irq	one of its interrupts
 *
 * Words. Each thing has one word, here and in the manual:
 *
 *	card		the PCI function that a feature belongs to
 *	owner		who owns a feature: none, the kernel or user space
 *	claim		what makes user space the owner
 *	lease		a claim that ends when a descriptor's last copy closes
 *	lasting claim	a claim that stays until somebody releases it
 *	take over	unbind the kernel's driver, then claim
 *	attach		use an existing claim
 *	release		end a claim
 *	close		free an object; closing a lease also releases it
 *	end		of a claim: a release, or the feature's removal
 *	map		make registers part of the process's memory
 *	guard		let accesses to mapped registers survive the end
 *	take		learn how many interrupts came, each counted once
 *	width		of an access, in bits; sizes and offsets are in bytes
 *
 * Errors. A function that returns int returns 0 or a negative errno. After an
 * error it has stored nothing through its out-parameters, unless its comment
 * says so. Each comment lists the errors with a meaning of their own; any
 * function may also return -ENOMEM, -EMFILE or another error of open(2). Three
 * errors mean the same everywhere:
 *
 *	-ENOENT	what was asked for does not exist; for most files: the dflres
 *		module is not loaded
 *	-ENODEV	the feature, or the claim, was there and is gone for good
 *	-EIO	a file in sysfs does not hold what dflres(4) says
 *
 * A function that returns a descriptor returns a negative errno if there is none.
 *
 * Times are in milliseconds: 0 does not wait, a negative number waits forever.
 * A wait returns -EINTR if a signal handler interrupts it.
 *
 * Memory. The caller owns each object that a function gives out, and ends it
 * with the _close or _free function of its kind, which also accepts NULL. The
 * order does not matter. Strings belong to the object they come from.
 *
 * Threads. Objects share nothing (but the SIGBUS handler of DFLRES_REGS_GUARD):
 * threads may use different objects at the same time. On one object several
 * threads may call the functions that take a const pointer, all register
 * accesses, and dflres_irq_wait(), _take() and _count(). During any other
 * function no other thread may use the object.
 *
 * Processes. All descriptors are close-on-exec. After fork(2) the child has
 * copies of all objects, and may use and close them. Only a close in the
 * process that opened the claim ends it; a close in another process closes the
 * copy. See dflres_claim_open() for how long a claim lasts.
 *
 * Compilers. GCC or Clang, with C99 or later or C++, and POSIX: with -std=c99
 * and the like define _POSIX_C_SOURCE as 200809L before any header.
 */
#ifndef DFLRES_H
#define DFLRES_H

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The version of this header, for comparison:
 *
 *	#if DFLRES_VERSION >= DFLRES_VERSION_NUMBER(0, 2, 0)
 */
#define DFLRES_VERSION_NUMBER(major, minor, micro) \
	((major) << 16 | (minor) << 8 | (micro))
#define DFLRES_VERSION_MAJOR 0
#define DFLRES_VERSION_MINOR 2
#define DFLRES_VERSION_MICRO 0
#define DFLRES_VERSION DFLRES_VERSION_NUMBER(DFLRES_VERSION_MAJOR, \
	DFLRES_VERSION_MINOR, DFLRES_VERSION_MICRO)

/*
 * Stands before each inline function. The library exports these functions as
 * well, by the same names, for other languages.
 */
#ifndef DFLRES_INLINE
#define DFLRES_INLINE static inline
#endif

/**
 * dflres_version - the version of the library, "0.2.0"
 *
 * Since: 0.1
 */
const char *dflres_version(void);

/* ---- the features that exist ---- */

/* The features on the DFL bus at one moment, dfl_dev.2 before dfl_dev.10. */
struct dflres_list;
struct dflres_feature;

/**
 * dflres_list_new - list the features
 * @list: receives the list, to be freed with dflres_list_free()
 *
 * The list shows one moment. A feature in it may be gone later.
 *
 * Return: 0, also when the bus is empty; -ENOENT if the kernel has no DFL bus.
 * Since: 0.1
 */
int dflres_list_new(struct dflres_list **list);

/**
 * dflres_list_free - free a list; features opened from it stay open
 *
 * Since: 0.1
 */
void dflres_list_free(struct dflres_list *list);

/**
 * dflres_list_count - the number of features in a list
 *
 * Since: 0.1
 */
size_t dflres_list_count(const struct dflres_list *list);

/**
 * dflres_list_path - the directory of feature @index, without symbolic links
 * @index: less than dflres_list_count()
 *
 * Return: the path, which belongs to the list.
 * Since: 0.1
 */
const char *dflres_list_path(const struct dflres_list *list, size_t index);

/**
 * dflres_list_name - the name of feature @index, such as "dfl_dev.3"
 * @index: less than dflres_list_count()
 *
 * Return: the name, which belongs to the list.
 * Since: 0.1
 */
const char *dflres_list_name(const struct dflres_list *list, size_t index);

/**
 * dflres_list_open - open feature @index
 * @feature: receives the feature, to be closed with dflres_feature_close()
 * @list: the list
 * @index: less than dflres_list_count()
 *
 * Return: 0; -ENODEV if the feature is gone.
 * Since: 0.2
 */
int dflres_list_open(struct dflres_feature **feature,
		     const struct dflres_list *list, size_t index);

/* In a filter: any value. */
#define DFLRES_ANY (-1)

/*
 * What a feature has to match. Start from DFLRES_FILTER_INIT, which every
 * feature matches, and set the fields that matter:
 *
 *	struct dflres_filter filter = DFLRES_FILTER_INIT;
 *
 *	filter.type = DFLRES_TYPE_FME;
 *	filter.id = 0x10;
 *
 * Later versions of the library add fields at the end. The size tells it which
 * fields the program knows.
 */
struct dflres_filter {
	size_t size;		/* of this struct */
	const char *card;	/* the PCI address of the card: "0000:3b:00.0",
				 * or "3b:00.0", hexadecimal digits of either
				 * case; NULL: any
				 */
	int type;		/* enum dflres_type or another number */
	int id;
	int revision;
	int owner;		/* enum dflres_owner */
	const char *guid;	/* as dflres_feature_guid() has it, hexadecimal
				 * digits of either case; NULL: any
				 */
};

#define DFLRES_FILTER_INIT { sizeof(struct dflres_filter), NULL, \
	DFLRES_ANY, DFLRES_ANY, DFLRES_ANY, DFLRES_ANY, NULL }

/**
 * dflres_list_find - list the features that match a filter
 * @list: receives the list, to be freed with dflres_list_free()
 * @filter: what they have to match
 *
 * The index of a feature in this list is its instance. The features are ordered
 * by card and by the address of their registers; without the dflres module,
 * which knows the address, by number.
 *
 * Return: 0, also if none matches; -ENOENT if the kernel has no DFL bus;
 * -EINVAL if the card is not a PCI address or the guid not a GUID, or if the
 * library does not know the size, because it is older than the program.
 * Since: 0.2
 */
int dflres_list_find(struct dflres_list **list,
		     const struct dflres_filter *filter);

/* ---- features that come and go ---- */

struct dflres_hotplug;

/**
 * dflres_hotplug_open - watch for features that come and go
 * @hotplug: receives the watch, to be closed with dflres_hotplug_close()
 *
 * The watch tells that features may have come or gone, not which: list them
 * again. It does so when a card is plugged, pulled or scanned again, when its
 * driver is bound or unbound, and when the dflres module is loaded. It does not
 * notice when the module is unloaded: dflres_watch_read() does.
 *
 * Open the watch first and list the features then, and you miss none. One
 * report may stand for several changes, or for none.
 *
 * The kernel sends events only to network namespaces of the first user
 * namespace, so not to a container without root.
 *
 * Return: 0; -EAFNOSUPPORT or -EPROTONOSUPPORT if the kernel has no netlink
 * sockets for events, or a sandbox forbids them.
 * Since: 0.1
 */
int dflres_hotplug_open(struct dflres_hotplug **hotplug);

/**
 * dflres_hotplug_close - end the watch
 *
 * Since: 0.1
 */
void dflres_hotplug_close(struct dflres_hotplug *hotplug);

/**
 * dflres_hotplug_fd - a descriptor that is ready (POLLIN) after a change
 *
 * Events of other devices make it ready as well. Use it only for poll(2).
 * Copies that fork(2) makes share the events: each event reaches one of them.
 *
 * Return: the descriptor, which belongs to the watch.
 * Since: 0.1
 */
int dflres_hotplug_fd(const struct dflres_hotplug *hotplug);

/**
 * dflres_hotplug_read - tell whether there was a change, and end the readiness
 * @hotplug: the watch
 * @changed: receives whether features may have come or gone since the last time
 *
 * Does not wait.
 *
 * Return: 0.
 * Since: 0.1
 */
int dflres_hotplug_read(struct dflres_hotplug *hotplug, bool *changed);

/**
 * dflres_hotplug_wait - wait until features may have come or gone
 * @hotplug: the watch
 * @timeout: in milliseconds
 *
 * Returns at once if they may have since the last time.
 *
 * Return: 0; -ETIMEDOUT if there was no change; -EINTR.
 * Since: 0.1
 */
int dflres_hotplug_wait(struct dflres_hotplug *hotplug, int timeout);

/* ---- one feature ---- */

/* What a feature belongs to. Later kernels may add others. */
enum dflres_type {
	DFLRES_TYPE_FME = 0,	/* the FPGA's management engine */
	DFLRES_TYPE_PORT = 1,	/* a port */
};

/*
 * The enums below can grow: a newer module may use words that this library does
 * not know. The value is then the UNKNOWN of the enum, which is not an error,
 * and dflres_feature_attribute() gives the word itself. Later versions of the
 * library add values at the end.
 */

enum dflres_owner {
	DFLRES_OWNER_UNKNOWN,	/* see above */
	DFLRES_OWNER_NONE,	/* no driver is bound */
	DFLRES_OWNER_KERNEL,	/* a kernel driver is bound */
	DFLRES_OWNER_USER,	/* user space has claimed it */
};

/* Whether a claim is possible at all; all answers but "yes" are final. */
enum dflres_claimable {
	DFLRES_CLAIMABLE_UNKNOWN,	/* see above: no, for another reason */
	DFLRES_CLAIMABLE_YES,
	DFLRES_CLAIMABLE_OUTSIDE_BAR,	/* it is not inside one BAR of its card */
	DFLRES_CLAIMABLE_OVERLAP,	/* it overlaps with another feature */
	DFLRES_CLAIMABLE_MSIX,	/* it overlaps with the MSI-X table or PBA */
	DFLRES_CLAIMABLE_NO_CARD,	/* its card is not on PCI */
};

/* What the card's PCI function can reach by DMA. */
enum dflres_dma {
	DFLRES_DMA_UNKNOWN,	/* see above */
	DFLRES_DMA_OFF,		/* nothing: it is not a bus master */
	DFLRES_DMA_BLOCKED,	/* nothing: an IOMMU lets nothing through */
	DFLRES_DMA_TRANSLATED,	/* what an IOMMU maps for it */
	DFLRES_DMA_WEAK,	/* the same, but the card can bypass it */
	DFLRES_DMA_IDENTITY,	/* all memory: the IOMMU does not translate */
	DFLRES_DMA_UNPROTECTED,	/* all memory: there is no IOMMU */
};

/* Where the registers are: a line of the file `resource`, as PCI has it. */
struct dflres_resource {
	uint64_t start;		/* physical address of the first byte */
	uint64_t end;		/* and of the last one */
	uint64_t flags;
};

/**
 * dflres_feature_open - open a feature by its name
 * @feature: receives the feature, to be closed with dflres_feature_close()
 * @name: its name on the bus ("dfl_dev.3"), or a path to its directory; a name
 *	  with a slash is a path
 *
 * Names can change at the next boot: to find a feature by what it is use
 * dflres_feature_find().
 *
 * An open feature stays the same one: once it is gone, all functions on it
 * return -ENODEV, even if another feature now has its name.
 *
 * Return: 0; -ENODEV if there is no such feature; -ENOTDIR if the path names a
 * file.
 * Since: 0.1
 */
int dflres_feature_open(struct dflres_feature **feature, const char *name);

/**
 * dflres_feature_find - open a feature by what it is
 * @feature: receives the feature, to be closed with dflres_feature_close()
 * @filter: what it has to match
 * @instance: which of the matches, from 0, in the order of dflres_list_find()
 *
 * Return: 0; -ENODEV if fewer features match; otherwise as dflres_list_find().
 * Since: 0.2
 */
int dflres_feature_find(struct dflres_feature **feature,
			const struct dflres_filter *filter,
			unsigned int instance);

/**
 * dflres_feature_close - close a feature
 *
 * Its claims and watches stay open.
 *
 * Since: 0.1
 */
void dflres_feature_close(struct dflres_feature *feature);

/**
 * dflres_feature_name - its name on the bus, dfl_dev.N
 *
 * Return: the name, which belongs to the feature.
 * Since: 0.1
 */
const char *dflres_feature_name(const struct dflres_feature *feature);

/**
 * dflres_feature_path - its directory, without symbolic links
 *
 * Return: the path, which belongs to the feature.
 * Since: 0.1
 */
const char *dflres_feature_path(const struct dflres_feature *feature);

/**
 * dflres_feature_files - the directory of the dflres module's files of it
 * @feature: the feature
 * @path: receives the path
 * @size: the size of @path in bytes; PATH_MAX always suffices
 *
 * For programs that use the files themselves. The path is
 * /run/dfl/TYPE-ID/dfl_dev.N if udev, or whoever started this container, has
 * put the files there; otherwise it is the directory `dflres` in the feature's
 * own. The first path counts only if it leads to the files of this feature.
 *
 * Return: 0; -ENODEV if the feature is gone; -ENOENT if the dflres module does
 * not manage it; -ENAMETOOLONG if @size is too small.
 * Since: 0.2
 */
int dflres_feature_files(const struct dflres_feature *feature, char *path,
			 size_t size);

/**
 * dflres_feature_card - the PCI address of its card
 *
 * Return: the address, or "" if the card is not on PCI; it belongs to the
 * feature.
 * Since: 0.1
 */
const char *dflres_feature_card(const struct dflres_feature *feature);

/*
 * What is true of the feature now: each call reads the file again, in one
 * piece, and none touches the hardware. They return
 *
 *	0
 *	-ENOENT	there is no such file: the dflres module is not loaded; and as
 *		said below
 *	-ENODEV	the feature is gone
 *	-EIO	the file does not hold what dflres(4) says
 */

/**
 * dflres_feature_type - what it belongs to, enum dflres_type or another number
 *
 * Known without the dflres module.
 *
 * Since: 0.1
 */
int dflres_feature_type(const struct dflres_feature *feature,
			unsigned int *type);

/**
 * dflres_feature_id - the feature id, which with the type says what it does
 *
 * Known without the dflres module.
 *
 * Since: 0.1
 */
int dflres_feature_id(const struct dflres_feature *feature, unsigned int *id);

/**
 * dflres_feature_revision - the revision of the feature
 *
 * Since: 0.1
 */
int dflres_feature_revision(const struct dflres_feature *feature,
			    unsigned int *revision);

/**
 * dflres_feature_resource - where its registers are
 *
 * Since: 0.1
 */
int dflres_feature_resource(const struct dflres_feature *feature,
			    struct dflres_resource *resource);

/* How many BARs a PCI function has at most. */
#define DFLRES_BARS 6

/**
 * dflres_feature_bars - the BARs of its card
 * @feature: the feature
 * @bars: receives them by number; a BAR that the card lacks, or that is not
 *	  memory, is all zero
 *
 * Known without the dflres module.
 *
 * Return: as above; -ENOENT if the card is not on PCI.
 * Since: 0.1
 */
int dflres_feature_bars(const struct dflres_feature *feature,
			struct dflres_resource bars[DFLRES_BARS]);

/**
 * dflres_feature_mappable - whether its registers can be mapped
 *
 * While a kernel driver is bound the answer may be false, and true later.
 * dflres_regs_open() finds out by itself.
 *
 * Since: 0.1
 */
int dflres_feature_mappable(const struct dflres_feature *feature,
			    bool *mappable);

/**
 * dflres_feature_num_irqs - how many interrupts it has
 *
 * Since: 0.1
 */
int dflres_feature_num_irqs(const struct dflres_feature *feature,
			    unsigned int *num_irqs);

/**
 * dflres_feature_claimable - whether it can be claimed at all
 *
 * Return: as above; -ENOENT also if the module is older than 0.2.
 * Since: 0.2
 */
int dflres_feature_claimable(const struct dflres_feature *feature,
			     enum dflres_claimable *claimable);

/**
 * dflres_feature_dma - what its card can reach by DMA
 *
 * Since: 0.1
 */
int dflres_feature_dma(const struct dflres_feature *feature,
		       enum dflres_dma *dma);

/**
 * dflres_feature_owner - who owns it
 *
 * Since: 0.1
 */
int dflres_feature_owner(const struct dflres_feature *feature,
			 enum dflres_owner *owner);

/**
 * dflres_feature_owner_pid - the process that claimed it
 * @feature: the feature
 * @pid: receives its number in the caller's pid namespace; 0 if it is gone, or
 *	 not in that namespace
 *
 * Return: as above; -ENOENT also if user space does not own the feature.
 * Since: 0.1
 */
int dflres_feature_owner_pid(const struct dflres_feature *feature, pid_t *pid);

/**
 * dflres_feature_owner_uid - the user whose claim it is
 *
 * The files of the claim belong to this user, also when the process that
 * claimed is gone or has changed its user.
 *
 * Return: as above; -ENOENT also if user space does not own the feature.
 * Since: 0.1
 */
int dflres_feature_owner_uid(const struct dflres_feature *feature, uid_t *uid);

/**
 * dflres_feature_leased - whether the claim on it is a lease
 * @feature: the feature
 * @leased: receives true if it is; false also if there is no claim
 *
 * Return: as above; -EACCES if the module is older than 0.2.
 * Since: 0.2
 */
int dflres_feature_leased(const struct dflres_feature *feature, bool *leased);

/* A guid as text, with the NUL at its end. */
#define DFLRES_GUID_SIZE 37

/**
 * dflres_feature_guid - the guid of a feature, where the bus shows it
 * @feature: the feature
 * @guid: receives it, as "01234567-89ab-cdef-0123-456789abcdef"
 *
 * The Open FPGA Stack's DFL bus shows the guids of features with a header of
 * version 1. Known without the dflres module.
 *
 * Return: as above; -ENOENT if the bus shows none.
 * Since: 0.2
 */
int dflres_feature_guid(const struct dflres_feature *feature,
			char guid[DFLRES_GUID_SIZE]);

/**
 * dflres_feature_driver - the driver that is bound; "dflres" during a claim
 * @feature: the feature
 * @name: receives the driver's name
 * @size: the size of @name in bytes; NAME_MAX + 1 always suffices
 *
 * Known without the dflres module.
 *
 * Return: as above; -ENOENT if no driver is bound; -ENAMETOOLONG if @size is
 * too small.
 * Since: 0.1
 */
int dflres_feature_driver(const struct dflres_feature *feature, char *name,
			  size_t size);

/**
 * dflres_feature_attribute - the text of any of the module's files for it
 * @feature: the feature
 * @name: the file, as dflres(4) names it: "owner", "dma", "lease", ...
 * @value: receives the text, without the newline at its end
 * @size: the size of @value in bytes
 *
 * For words that this library does not know, and for files of a newer module.
 *
 * Return: as above; -ENOENT also if there is no such file; -ENAMETOOLONG if
 * @size is too small; -EINVAL if @name is empty or has a slash in it.
 * Since: 0.2
 */
int dflres_feature_attribute(const struct dflres_feature *feature,
			     const char *name, char *value, size_t size);

/**
 * dflres_owner_name - the word for an owner, as in sysfs: "none", ...
 *
 * Return: the word; "unknown" for DFLRES_OWNER_UNKNOWN and any other number.
 * Since: 0.1
 */
const char *dflres_owner_name(enum dflres_owner owner);

/**
 * dflres_claimable_name - the word for a reason, as in sysfs: "yes", ...
 *
 * Return: as dflres_owner_name().
 * Since: 0.2
 */
const char *dflres_claimable_name(enum dflres_claimable claimable);

/**
 * dflres_dma_name - the word for a kind of DMA, as in sysfs: "off", ...
 *
 * Return: as dflres_owner_name().
 * Since: 0.1
 */
const char *dflres_dma_name(enum dflres_dma dma);

/* What a release leaves. */
enum dflres_release {
	DFLRES_RELEASE_NONE,	/* a feature without a driver */
	DFLRES_RELEASE_KERNEL,	/* a feature offered to the kernel's drivers,
				 * whether or not one takes it
				 */
};

/**
 * dflres_feature_release - end any claim on a feature
 * @feature: the feature
 * @to: what to leave
 *
 * This ends a claim of this user, or, with CAP_SYS_ADMIN, of any user: also one
 * that outlived its process or belongs to another process. To end your own
 * claim use dflres_claim_release() or dflres_claim_close().
 *
 * Without a claim DFLRES_RELEASE_NONE has no effect, and DFLRES_RELEASE_KERNEL
 * offers the feature to the kernel's drivers; this needs CAP_SYS_ADMIN.
 *
 * Return: 0, and the release is complete; -EBUSY if a kernel driver has the
 * feature (DFLRES_RELEASE_NONE only); -EPERM if another user claimed it, or
 * nobody did (DFLRES_RELEASE_KERNEL only); -EACCES if this user may not write
 * to the file `owner`; -EROFS if sysfs is mounted read-only here; -ENOENT if
 * the dflres module is not loaded; -ENODEV if the feature is gone.
 * Since: 0.1
 */
int dflres_feature_release(const struct dflres_feature *feature,
			   enum dflres_release to);

/* ---- the changes of its owner ---- */

struct dflres_watch;

/**
 * dflres_watch_open - watch the owner of a feature
 * @watch: receives the watch, to be closed with dflres_watch_close()
 * @feature: the feature
 *
 * The watch notices every change after this call. Of several changes before the
 * next dflres_watch_read() it shows only the last owner.
 *
 * Return: 0; -ENOENT if the dflres module is not loaded; -ENODEV if the feature
 * is gone.
 * Since: 0.1
 */
int dflres_watch_open(struct dflres_watch **watch,
		      const struct dflres_feature *feature);

/**
 * dflres_watch_close - end a watch
 *
 * Since: 0.1
 */
void dflres_watch_close(struct dflres_watch *watch);

/**
 * dflres_watch_fd - a descriptor that is ready (POLLPRI) after a change
 *
 * It stays ready until dflres_watch_read(). Use it only for poll(2).
 *
 * Return: the descriptor, which belongs to the watch.
 * Since: 0.1
 */
int dflres_watch_fd(const struct dflres_watch *watch);

/**
 * dflres_watch_epoll - a descriptor that is readable (POLLIN) after a change
 *
 * For event loops without POLLPRI, such as asyncio's. It is ready when
 * dflres_watch_fd() is, until dflres_watch_read(). Do not read from it: it is
 * an epoll descriptor that contains the other. Each call makes a new one.
 *
 * Return: the descriptor, which the caller owns, to be closed with close(2);
 * once the watch is closed it is never ready.
 * Since: 0.2
 */
int dflres_watch_epoll(const struct dflres_watch *watch);

/**
 * dflres_watch_read - tell who owns the feature now, and end the readiness
 *
 * Return: 0; -ENODEV if the feature is gone, or the dflres module.
 * Since: 0.1
 */
int dflres_watch_read(struct dflres_watch *watch, enum dflres_owner *owner);

/**
 * dflres_watch_wait - wait for the next change, then dflres_watch_read()
 * @watch: the watch
 * @timeout: in milliseconds
 * @owner: receives the owner, which may be the same as before if it changed
 *	   back and forth
 *
 * Return: 0; -ETIMEDOUT if there was no change; -EINTR; -ENODEV if the feature
 * is gone, or the dflres module.
 * Since: 0.1
 */
int dflres_watch_wait(struct dflres_watch *watch, int timeout,
		      enum dflres_owner *owner);

/* ---- a claim ---- */

struct dflres_claim;

/*
 * The claim outlives the process, until somebody releases it. Without this flag
 * the claim is a lease: it ends with the process, however that ends.
 */
#define DFLRES_CLAIM_LASTING	0x1u

/*
 * If a kernel driver has the feature, take it away from the driver. Give it back
 * when the claim is closed.
 */
#define DFLRES_CLAIM_TAKE_OVER	0x2u

/*
 * If this user has claimed the feature already, use that claim, as
 * dflres_claim_attach() does; else claim. So a program works the same by
 * itself, under `dflres exec` and after `dflres claim`.
 */
#define DFLRES_CLAIM_ATTACH	0x4u

/**
 * dflres_claim_open - claim a feature
 * @claim: receives the claim, to be closed with dflres_claim_close()
 * @feature: the feature
 * @flags: DFLRES_CLAIM_..., or 0
 * @timeout: how long to wait until the feature is free, in milliseconds; 0
 *	     tries once
 *
 * A lease lives as long as a descriptor that this call creates and the claim
 * holds: it ends when the last copy is closed, also because the process exits
 * or is killed. fork(2) copies the descriptor: the claim lives until the last
 * of the processes is gone, unless the process that claimed closes the claim
 * and so ends it for all of them. execve(2) closes it; to pass it to another
 * program, clear the close-on-exec flag of dflres_claim_lease_fd().
 *
 * DFLRES_CLAIM_TAKE_OVER first unbinds the driver that has the feature; only
 * who may write to the driver's files (root) can do that. All or nothing: if
 * the claim then fails, this binds the driver again before it returns, unless
 * somebody else has got the feature meanwhile. It waits for a claim of another
 * process, but never takes it over. If the process dies before the close, the
 * driver gets the feature back all the same.
 *
 * Return: 0, or
 *	-EBUSY	@timeout is 0, and another claim or a kernel driver has the
 *		feature (with TAKE_OVER: a driver that cannot be unbound); or
 *		another driver holds one of its interrupts, and this does not
 *		wait for that
 *	-ETIMEDOUT	the feature did not become free in time
 *	-EINTR	a signal handler interrupted the wait
 *	-EACCES	this user may not write to the file `lease` (`owner` for a
 *		lasting claim), or to the driver's
 *	-EROFS	sysfs is mounted read-only here: the feature was not given to
 *		this container or service
 *	-EPERM	the kernel is locked down, or the module requires an IOMMU
 *		(require_iommu) and none confines the card
 *	-ENXIO	the registers are not safe to hand out;
 *		dflres_feature_claimable() says why
 *	-EAGAIN	@timeout is 0, and the device is still being set up, or the
 *		system is being suspended
 *	-ENOENT	the dflres module is not loaded
 *	-ENODEV	the feature is gone, or is being removed
 *	-EINVAL	a flag is unknown
 * Since: 0.1
 */
int dflres_claim_open(struct dflres_claim **claim,
		      const struct dflres_feature *feature, unsigned int flags,
		      int timeout);

/**
 * dflres_claim_attach - use an existing claim on a feature
 * @claim: receives the claim, to be closed with dflres_claim_close()
 * @feature: the feature
 *
 * For a lasting claim that another program made. Closing @claim does not end
 * it; dflres_claim_release() does.
 *
 * Return: 0; -ENOENT if nobody has claimed the feature, or the dflres module is
 * not loaded; -EACCES if another user claimed it, unless this is root; -EPERM
 * if the kernel is locked down; -EROFS if sysfs is mounted read-only here;
 * -ENODEV if the feature is gone.
 * Since: 0.1
 */
int dflres_claim_attach(struct dflres_claim **claim,
			const struct dflres_feature *feature);

/**
 * dflres_claim_from_fd - use the claim that a descriptor belongs to
 * @claim: receives the claim, to be closed with dflres_claim_close()
 * @fd: the dflres_claim_fd() of another process, received over a socket, by
 *	exec or, as DFLRES_FD_0, from `dflres exec`; the caller keeps it
 *
 * The other process owns the claim: closing @claim does not end it. Whoever has
 * the descriptor can use the registers; only the user that claimed can use the
 * interrupts.
 *
 * Return: 0; -EINVAL if the descriptor belongs to no claim; -EBADF if it is not
 * open, or not for read and write; -ENODEV if the claim has ended; -ENOENT if
 * this process does not see the feature in its mounts, or has no /proc.
 * Since: 0.2
 */
int dflres_claim_from_fd(struct dflres_claim **claim, int fd);

/**
 * dflres_claim_release - end a claim
 * @claim: the claim; close it as well
 * @to: what to leave
 *
 * When this returns 0, all access through the claim has ended, in all
 * processes: see dflres_claim_end_fd().
 *
 * Return: 0; -ENODEV if the claim had ended before; -EACCES or -EPERM if this
 * user is no longer the one that claimed.
 * Since: 0.1
 */
int dflres_claim_release(struct dflres_claim *claim, enum dflres_release to);

/**
 * dflres_claim_close - undo dflres_claim_open()
 *
 * This releases a lease unless it has been released, and restores what was
 * there before: no owner (DFLRES_RELEASE_NONE), or, if the claim took the
 * feature over from a driver, a driver (DFLRES_RELEASE_KERNEL). If the process
 * dies instead, the kernel does the same soon after. (With a module older than
 * 0.2 it then always does DFLRES_RELEASE_KERNEL.)
 *
 * A lasting claim stays, and so does one that was attached to, or a lease that
 * a parent of this process claimed.
 *
 * Since: 0.1
 */
void dflres_claim_close(struct dflres_claim *claim);

/**
 * dflres_claim_check - whether a claim still holds
 *
 * Return: 0; -ENODEV if it has ended.
 * Since: 0.1
 */
int dflres_claim_check(const struct dflres_claim *claim);

/**
 * dflres_claim_end_fd - a descriptor that is ready when the claim has ended
 *
 * Poll it for POLLPRI; do nothing else with it.
 *
 * Others can end a claim: somebody unplugs the card or unbinds a driver below
 * the feature, or an administrator releases the claim. From then on, even if
 * the same process claims again, register accesses by call return -ENODEV,
 * mapped ones give SIGBUS (unless they are guarded: DFLRES_REGS_GUARD),
 * interrupts give -ENODEV, and this descriptor stays ready, with POLLERR and
 * POLLPRI.
 *
 * Access stops at once. Use this to clean up or claim again, not to finish in
 * time.
 *
 * Return: the descriptor, which belongs to the claim; -ENODEV if the claim has
 * ended already.
 * Since: 0.2
 */
int dflres_claim_end_fd(const struct dflres_claim *claim);

/**
 * dflres_claim_end_epoll - a descriptor that is readable (POLLIN) at the end
 *
 * For event loops without POLLPRI, such as asyncio's. It is ready when
 * dflres_claim_end_fd() is, and stays so. Do not read from it: it is an epoll
 * descriptor that contains the other. Each call makes a new one.
 *
 * Return: the descriptor, which the caller owns, to be closed with close(2);
 * once dflres_claim_close() has closed the claim it is never ready; -ENODEV if
 * the claim has ended already.
 * Since: 0.2
 */
int dflres_claim_end_epoll(const struct dflres_claim *claim);

/**
 * dflres_claim_lease_fd - the descriptor that keeps the lease alive
 *
 * An eventfd that counts nothing.
 *
 * Return: the descriptor, which belongs to the claim; -ENOENT if the claim is
 * not a lease, or has been released.
 * Since: 0.1
 */
int dflres_claim_lease_fd(const struct dflres_claim *claim);

/**
 * dflres_claim_fd - the file `resource0` of the claim, open for read and write
 *
 * For programs that mmap(2), pread(2) or pwrite(2) it themselves, or pass it
 * on; see dflres(4).
 *
 * Return: the descriptor, which belongs to the claim.
 * Since: 0.1
 */
int dflres_claim_fd(const struct dflres_claim *claim);

/**
 * dflres_claim_feature - the feature that is claimed
 *
 * Return: the feature, which belongs to the claim: do not close it.
 * Since: 0.1
 */
const struct dflres_feature *
dflres_claim_feature(const struct dflres_claim *claim);

/* ---- registers ---- */

/*
 * The registers of a claimed feature, by offset in bytes. The same calls load
 * from and store to the mapping where the feature is mappable, and use pread(2)
 * and pwrite(2) where it is not. Either way each call makes exactly one access
 * on the bus, of exactly that width, in the order of the calls, and never
 * repeats it. (A 32-bit kernel splits a pread or pwrite of 64 bits into two
 * halves.) Registers are little-endian, values in the byte order of the host.
 *
 * An offset must be a multiple of the width, as the bus sees it, and the access
 * must lie within the feature. Breaking these rules is a bug in the caller. It
 * is detected
 *  - by all functions that return an error: -ERANGE beyond the end, -EINVAL if
 *    misaligned, and nothing is accessed;
 *  - by dflres_regs_readN() and _writeN() in code compiled with DFLRES_DEBUG
 *    defined, which say so on standard error and abort(3);
 *  - by these two without DFLRES_DEBUG only where the feature is not mappable:
 *    in a mapping they are the bare access, and access what is there or crash.
 *
 * Only the inline functions below use the fields; programs use the functions.
 * The fields are part of the ABI. The object goes on behind them: do not copy
 * the struct.
 */
struct dflres_regs {
	volatile uint8_t *base;		/* the mapping; NULL: by pread, pwrite */
	volatile uint8_t *guarded;	/* the same, if guarded; else NULL */
	size_t size;			/* in bytes */
	unsigned int phase;		/* the first byte's address modulo 8 */
	int error;			/* see dflres_regs_error() */
	uintptr_t reserved[8];		/* for later versions of this header */
};

/*
 * When a claim ends, its mappings give SIGBUS. DFLRES_REGS_GUARD makes accesses
 * survive this. How: from dflres_regs_open() to dflres_regs_close() the library
 * handles SIGBUS. At the first access after the end its handler replaces the
 * whole mapping by ordinary memory whose bytes are all ones, notes -ENODEV for
 * dflres_regs_error(), and lets the access go on. So
 *  - that access and all later ones read all ones, as from a PCI device that
 *    was pulled, or what the program has written since; writes reach no
 *    register;
 *  - dflres_regs_tryN functions return -ENODEV;
 *  - no access to a register happens twice, and the handler jumps out of none:
 *    locks held and counters kept around it stay right;
 *  - before the end a plain access is the bare load or store, and a try is that
 *    and a test of `error`, without a system call;
 *  - several threads may meet the end at the same time.
 *
 * The price is that a process has only one handler for SIGBUS. The library
 * installs its own with the first guarded mapping and restores the earlier one
 * with the last. It passes any other SIGBUS (another address, another cause,
 * one that a process sent) to the earlier handler, or lets it have its usual
 * effect if there was none. A handler that the program installs over the
 * library's takes its place. The guard still works if that handler passes on
 * what is not its own, as handlers that report crashes do. If it passes nothing
 * on, the program opens with DFLRES_REGS_GUARD_OWN, and its handler calls
 * dflres_guard_handle() first. If a thread blocks SIGBUS and accesses registers
 * after the end, the kernel kills the process.
 *
 * A program that cannot use either guard opens without one and uses the try
 * functions: these then use pread(2) and pwrite(2), one system call for each
 * access, and need no signal handler. Registers that are not mapped need none
 * either.
 */
#define DFLRES_REGS_GUARD	0x1u	/* the library handles SIGBUS */
#define DFLRES_REGS_GUARD_OWN	0x2u	/* the program does, and asks the library */

/* Do not map: for a few accesses, pread and pwrite are cheaper than a mapping. */
#define DFLRES_REGS_NO_MAP	0x4u

/*
 * Map write-combined: the processor collects writes and sends many as one. That
 * is faster for filling memory of the card, but a call no longer makes one
 * access, and accesses lose the order of the calls. dflres_regs_flush() sends
 * what the processor has collected. The first use of the registers under a
 * claim decides, until the claim ends, whether they are this or uncached. Once
 * they are this, pread and pwrite give -EBUSY, so that dflres_regs_tryN
 * functions need a guard.
 */
#define DFLRES_REGS_WRITE_COMBINE	0x8u

/**
 * dflres_regs_open - open the registers of a claim
 * @regs: receives the registers, to be closed with dflres_regs_close()
 * @claim: the claim
 * @flags: DFLRES_REGS_..., or 0
 *
 * Return: 0, or
 *	-ENODEV	the claim has ended
 *	-EPERM	the kernel has been locked down since the claim
 *	-EROFS	the claim's descriptor came through a read-only mount
 *	-EBUSY	with DFLRES_REGS_WRITE_COMBINE: somebody has used the registers
 *		uncached under this claim; or the other way round
 *	-EOPNOTSUPP	with DFLRES_REGS_WRITE_COMBINE: the feature is not
 *		mappable, its BAR is not prefetchable, or the module is older
 *		than 0.2
 *	-EINVAL	a flag is unknown, or two exclude each other: both guards, or
 *		DFLRES_REGS_NO_MAP with DFLRES_REGS_WRITE_COMBINE
 * Since: 0.1
 */
int dflres_regs_open(struct dflres_regs **regs,
		     const struct dflres_claim *claim, unsigned int flags);

/**
 * dflres_regs_close - close registers, after the last access
 *
 * Since: 0.1
 */
void dflres_regs_close(struct dflres_regs *regs);

/**
 * dflres_regs_base - the mapping, for accesses by dflres_loadN() and _storeN()
 *
 * Return: the address of the first register, aligned to a page; NULL if the
 * registers are not mapped.
 * Since: 0.1
 */
DFLRES_INLINE volatile void *dflres_regs_base(const struct dflres_regs *regs)
{
	return regs->base;
}

/**
 * dflres_regs_size - the length of the feature in bytes
 *
 * Since: 0.1
 */
DFLRES_INLINE size_t dflres_regs_size(const struct dflres_regs *regs)
{
	return regs->size;
}

/**
 * dflres_regs_error - whether plain accesses have failed
 *
 * Ask once, after many accesses: an error stays.
 *
 * Return: 0; -ENODEV if an access that was guarded or by call has met the end
 * of the claim; otherwise the first error of a plain access by call, as of
 * dflres_regs_try_read(). A plain read that fails gives all ones.
 * Since: 0.1
 */
DFLRES_INLINE int dflres_regs_error(const struct dflres_regs *regs)
{
	/* after the accesses before: the handler notes, then remaps */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(&regs->error, __ATOMIC_RELAXED);
}

/**
 * dflres_regs_flush - send the writes that the processor has collected
 *
 * For registers that are mapped with DFLRES_REGS_WRITE_COMBINE: writes before
 * this call leave the processor before those after it. Other registers do not
 * need it.
 *
 * Since: 0.2
 */
DFLRES_INLINE void dflres_regs_flush(struct dflres_regs *regs)
{
	(void)regs;
#if defined(__x86_64__) || defined(__i386__)
	__asm__ __volatile__("sfence" : : : "memory");
#elif defined(__aarch64__)
	__asm__ __volatile__("dsb st" : : : "memory");
#else
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

/**
 * dflres_regs_try_read - read a register, or return an error
 * @regs: the registers
 * @offset: in bytes
 * @width: 8, 16, 32 or 64 bits
 * @value: receives the value
 *
 * For a width that only the running program knows; dflres_regs_try_read8() and
 * so on do the same for a fixed one. The access survives the end of the claim,
 * with or without DFLRES_REGS_GUARD: see there.
 *
 * Return: 0; -ENODEV if the claim has ended; -ERANGE beyond the end; -EINVAL if
 * @offset is misaligned or @width none of the four; by call also -EPERM if the
 * kernel has been locked down since the claim, and -EBUSY if the claim's
 * registers are mapped write-combined.
 * Since: 0.1
 */
int dflres_regs_try_read(struct dflres_regs *regs, size_t offset,
			 unsigned int width, uint64_t *value);

/**
 * dflres_regs_try_write - write a register, or return an error
 *
 * As dflres_regs_try_read(). When it returns, the write is complete for the
 * processor, not for the card. A write that meets the end of the claim may
 * return 0 or -ENODEV. Bits of @value above @width are ignored.
 *
 * Since: 0.1
 */
int dflres_regs_try_write(struct dflres_regs *regs, size_t offset,
			  unsigned int width, uint64_t value);

/**
 * dflres_regs_read_block - read registers one after the other
 * @regs: the registers
 * @offset: in bytes
 * @width: of each access: 8, 16, 32 or 64 bits
 * @data: receives the bytes, in the order of the registers
 * @length: in bytes, a multiple of the width
 *
 * Guarded, as dflres_regs_try_read(). After an error a part of the registers
 * may have been read, into @data.
 *
 * Return: as dflres_regs_try_read(); -EINVAL also if @length is not a multiple
 * of the width.
 * Since: 0.1
 */
int dflres_regs_read_block(struct dflres_regs *regs, size_t offset,
			   unsigned int width, void *data, size_t length);

/**
 * dflres_regs_write_block - write registers one after the other
 *
 * As dflres_regs_read_block().
 *
 * Since: 0.1
 */
int dflres_regs_write_block(struct dflres_regs *regs, size_t offset,
			    unsigned int width, const void *data,
			    size_t length);

/**
 * dflres_regs_read_fifo - read the same register again and again
 *
 * As dflres_regs_read_block(), but all accesses are to the register at @offset:
 * @data begins with what the first one read. After an error @data holds what
 * the FIFO gave before, but not how much that is.
 *
 * Since: 0.2
 */
int dflres_regs_read_fifo(struct dflres_regs *regs, size_t offset,
			  unsigned int width, void *data, size_t length);

/**
 * dflres_regs_write_fifo - write the same register again and again
 *
 * As dflres_regs_read_fifo().
 *
 * Since: 0.2
 */
int dflres_regs_write_fifo(struct dflres_regs *regs, size_t offset,
			   unsigned int width, const void *data, size_t length);

/**
 * dflres_regs_update - change some bits of a register, and keep the others
 * @regs: the registers
 * @offset: in bytes
 * @width: 8, 16, 32 or 64 bits
 * @mask: the bits to change
 * @value: their new value, at their places in the register
 * @before: receives the whole value that was read; or NULL
 *
 * It makes one read and one write, also if nothing changes, guarded as
 * dflres_regs_try_read(). Another thread, a process or the card may change the
 * register in between. Do not use it if writing back a bit that was read clears
 * or starts something: use dflres_regs_try_write().
 *
 * Return: as dflres_regs_try_read(); -EOVERFLOW if @mask is wider than the
 * register; -EDOM if @value has a bit that is not in @mask.
 * Since: 0.2
 */
int dflres_regs_update(struct dflres_regs *regs, size_t offset,
		       unsigned int width, uint64_t mask, uint64_t value,
		       uint64_t *before);

/**
 * dflres_regs_wait - read a register until some bits of it have a value
 * @regs: the registers
 * @offset: in bytes
 * @width: 8, 16, 32 or 64 bits
 * @mask: the bits to look at
 * @value: the value to wait for, with the bits at their places
 * @timeout: in milliseconds; 0 reads once
 * @last: receives the whole value that was read last, also with -ETIMEDOUT or
 *	  -EINTR; or NULL
 *
 * Between two reads it sleeps for an eighth of the time that it has waited, at
 * least 10 us and at most 10 ms. When the time is over it reads once more. It
 * is guarded, as dflres_regs_try_read(). If an interrupt tells the same,
 * dflres_irq_wait() is better.
 *
 * Return: 0; -ETIMEDOUT; -EINTR; otherwise as dflres_regs_update().
 * Since: 0.2
 */
int dflres_regs_wait(struct dflres_regs *regs, size_t offset,
		     unsigned int width, uint64_t mask, uint64_t value,
		     int timeout, uint64_t *last);

/**
 * dflres_guard_handle - let the library look at a SIGBUS
 * @info: what the signal handler got
 *
 * For the SIGBUS handler, installed with SA_SIGINFO, of a program that opened
 * with DFLRES_REGS_GUARD_OWN. Async-signal-safe; errno stays what it was.
 *
 * Return: true if the signal was the end of a claim: the handler has to return,
 * and the access goes on. False: the signal is for the program.
 * Since: 0.1
 */
bool dflres_guard_handle(const siginfo_t *info);

/* Not for programs: the inline functions below call these without a mapping. */
uint64_t dflres_regs_pread(struct dflres_regs *regs, size_t offset,
			   unsigned int width);
void dflres_regs_pwrite(struct dflres_regs *regs, size_t offset,
			unsigned int width, uint64_t value);
/* Says why, and aborts. */
__attribute__((__noreturn__))
void dflres_regs_bug(const struct dflres_regs *regs, size_t offset,
		     unsigned int width);

/**
 * dflres_regs_valid - whether an access is possible
 * @regs: the registers
 * @offset: in bytes
 * @width: 8, 16, 32 or 64 bits
 *
 * Return: true if the access is within the feature, aligned as the bus sees it,
 * and of one of the four widths.
 * Since: 0.2
 */
DFLRES_INLINE bool dflres_regs_valid(const struct dflres_regs *regs,
				     size_t offset, unsigned int width)
{
	const size_t bytes = width / 8;

	return (width == 8 || width == 16 || width == 32 || width == 64) &&
	       offset <= regs->size && regs->size - offset >= bytes &&
	       !((regs->phase + offset) & (bytes - 1));
}

#ifdef DFLRES_DEBUG
#define DFLRES_REGS_CHECK(regs, offset, width) \
	(dflres_regs_valid(regs, offset, width) ? (void)0 : \
	 dflres_regs_bug(regs, offset, width))
#else
#define DFLRES_REGS_CHECK(regs, offset, width) ((void)0)
#endif

/*
 * dflres_load8, ... dflres_store64 - one access in a mapping
 *
 * The load or store itself, for @base from dflres_regs_base(). It checks
 * nothing. DFLRES_REGS_GUARD guards it as well.
 *
 * Since: 0.1
 */
#define DFLRES_DEFINE_LOAD(bits, convert) \
DFLRES_INLINE uint##bits##_t dflres_load##bits(const volatile void *base, \
					       size_t offset) \
{ \
	const volatile uint8_t *bytes = (const volatile uint8_t *)base; \
\
	return convert(*(const volatile uint##bits##_t *)(bytes + offset)); \
}

#define DFLRES_DEFINE_STORE(bits, convert) \
DFLRES_INLINE void dflres_store##bits(volatile void *base, size_t offset, \
				      uint##bits##_t value) \
{ \
	volatile uint8_t *bytes = (volatile uint8_t *)base; \
\
	*(volatile uint##bits##_t *)(bytes + offset) = convert(value); \
}

/*
 * dflres_regs_read8, ... dflres_regs_read64 - read a register
 * dflres_regs_write8, ... dflres_regs_write64 - write a register
 *
 * The plain access: a test whether the registers are mapped, then the load or
 * store itself. (If even the test is too much, make it once, by
 * dflres_regs_base(), then use dflres_loadN() and dflres_storeN().) After the
 * end of the claim an access that is guarded or not mapped reads all ones or
 * writes nowhere, and dflres_regs_error() tells; any other gives SIGBUS.
 *
 * Since: 0.1
 */
#define DFLRES_DEFINE_READ(bits) \
DFLRES_INLINE uint##bits##_t dflres_regs_read##bits(struct dflres_regs *regs, \
						    size_t offset) \
{ \
	DFLRES_REGS_CHECK(regs, offset, bits); \
	if (__builtin_expect(regs->base != NULL, 1)) \
		return dflres_load##bits(regs->base, offset); \
	return (uint##bits##_t)dflres_regs_pread(regs, offset, bits); \
}

#define DFLRES_DEFINE_WRITE(bits) \
DFLRES_INLINE void dflres_regs_write##bits(struct dflres_regs *regs, \
					   size_t offset, \
					   uint##bits##_t value) \
{ \
	DFLRES_REGS_CHECK(regs, offset, bits); \
	if (__builtin_expect(regs->base != NULL, 1)) \
		dflres_store##bits(regs->base, offset, value); \
	else \
		dflres_regs_pwrite(regs, offset, bits, value); \
}

/*
 * dflres_regs_try_read8, ... dflres_regs_try_read64 - dflres_regs_try_read()
 * dflres_regs_try_write8, ... dflres_regs_try_write64 - dflres_regs_try_write()
 *
 * Guarded accesses of a known width; they make no call where the registers are
 * mapped and guarded.
 *
 * Since: 0.1
 */
#define DFLRES_DEFINE_TRY_READ(bits) \
DFLRES_INLINE int dflres_regs_try_read##bits(struct dflres_regs *regs, \
					     size_t offset, \
					     uint##bits##_t *value) \
{ \
	uint64_t wide; \
	int error; \
\
	if (__builtin_expect(regs->guarded != NULL && \
			     dflres_regs_valid(regs, offset, bits), 1)) { \
		wide = dflres_load##bits(regs->guarded, offset); \
		error = dflres_regs_error(regs); \
	} else { \
		error = dflres_regs_try_read(regs, offset, bits, &wide); \
	} \
	if (__builtin_expect(!error, 1)) \
		*value = (uint##bits##_t)wide; \
	return error; \
}

#define DFLRES_DEFINE_TRY_WRITE(bits) \
DFLRES_INLINE int dflres_regs_try_write##bits(struct dflres_regs *regs, \
					      size_t offset, \
					      uint##bits##_t value) \
{ \
	if (__builtin_expect(regs->guarded != NULL && \
			     dflres_regs_valid(regs, offset, bits), 1)) { \
		dflres_store##bits(regs->guarded, offset, value); \
		return dflres_regs_error(regs); \
	} \
	return dflres_regs_try_write(regs, offset, bits, value); \
}

/* From and to the order of the registers, without <endian.h>: not all have it. */
#define DFLRES_SAME(value) (value)
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define DFLRES_LE16 DFLRES_SAME
#define DFLRES_LE32 DFLRES_SAME
#define DFLRES_LE64 DFLRES_SAME
#else
#define DFLRES_LE16 __builtin_bswap16
#define DFLRES_LE32 __builtin_bswap32
#define DFLRES_LE64 __builtin_bswap64
#endif

DFLRES_DEFINE_LOAD(8, DFLRES_SAME)
DFLRES_DEFINE_LOAD(16, DFLRES_LE16)
DFLRES_DEFINE_LOAD(32, DFLRES_LE32)
DFLRES_DEFINE_LOAD(64, DFLRES_LE64)
DFLRES_DEFINE_STORE(8, DFLRES_SAME)
DFLRES_DEFINE_STORE(16, DFLRES_LE16)
DFLRES_DEFINE_STORE(32, DFLRES_LE32)
DFLRES_DEFINE_STORE(64, DFLRES_LE64)
DFLRES_DEFINE_READ(8)
DFLRES_DEFINE_READ(16)
DFLRES_DEFINE_READ(32)
DFLRES_DEFINE_READ(64)
DFLRES_DEFINE_WRITE(8)
DFLRES_DEFINE_WRITE(16)
DFLRES_DEFINE_WRITE(32)
DFLRES_DEFINE_WRITE(64)
DFLRES_DEFINE_TRY_READ(8)
DFLRES_DEFINE_TRY_READ(16)
DFLRES_DEFINE_TRY_READ(32)
DFLRES_DEFINE_TRY_READ(64)
DFLRES_DEFINE_TRY_WRITE(8)
DFLRES_DEFINE_TRY_WRITE(16)
DFLRES_DEFINE_TRY_WRITE(32)
DFLRES_DEFINE_TRY_WRITE(64)

#undef DFLRES_SAME
#undef DFLRES_LE16
#undef DFLRES_LE32
#undef DFLRES_LE64
#undef DFLRES_DEFINE_LOAD
#undef DFLRES_DEFINE_STORE
#undef DFLRES_DEFINE_READ
#undef DFLRES_DEFINE_WRITE
#undef DFLRES_DEFINE_TRY_READ
#undef DFLRES_DEFINE_TRY_WRITE

/* ---- fields of a register ---- */

/**
 * dflres_mask - a mask of the bits from @lsb to @msb
 * @msb: the most significant bit of the field, 63 at most
 * @lsb: its least significant bit, @msb at most
 *
 * Since: 0.2
 */
DFLRES_INLINE uint64_t dflres_mask(unsigned int msb, unsigned int lsb)
{
	return UINT64_MAX >> (63 - msb + lsb) << lsb;
}

/**
 * dflres_field_get - the value of a field, from that of a register
 * @mask: the field's bits, which are adjacent; not 0
 * @value: the register's value
 *
 * Since: 0.2
 */
DFLRES_INLINE uint64_t dflres_field_get(uint64_t mask, uint64_t value)
{
	return (value & mask) >> __builtin_ctzll(mask);
}

/**
 * dflres_field_prep - the bits of a register, from the value of a field
 * @mask: the field's bits, which are adjacent; not 0
 * @field: the field's value; bits that do not fit the field are dropped
 *
 * Join several fields by '|'. dflres_regs_update() sets one:
 *
 *	dflres_regs_update(regs, CTRL, 32, SPEED,
 *			   dflres_field_prep(SPEED, 3), NULL);
 *
 * Since: 0.2
 */
DFLRES_INLINE uint64_t dflres_field_prep(uint64_t mask, uint64_t field)
{
	return field << __builtin_ctzll(mask) & mask;
}

/* ---- registers by name ---- */

/*
 * The names of a feature's registers, and of their fields, from a file in JSON.
 * The file has the shape that the JSON exporter in the tutorial of the
 * SystemRDL compiler writes: objects with the members
 *
 *	type		"addrmap" or "regfile", one of which the outermost one
 *			is; "reg"; "field"
 *	inst_name	the name; that of the outermost one does not matter
 *	addr_offset	in bytes, from the object around it; not of a field
 *	children	the objects in it, an array; not of a field
 *	lsb, msb	the first and the last bit of a field
 *	reset		a field's value after a reset; or null
 *	sw_access	how software may access a field, such as "rw"
 *	regwidth	of a reg, in bits, 8, 16, 32 or 64; without it 32, or 64
 *			if a field has a bit above 31. (The exporter does not
 *			write it.)
 *
 * The library ignores other members. Dots join the names of objects in objects:
 * "CTRL" and its field "CTRL.ENABLE", or "dma.CTRL.ENABLE".
 */
struct dflres_regmap;

/*
 * A register, or a field of one. Later versions of the library add members at
 * the end: do not copy it.
 */
struct dflres_register {
	const char *name;
	uint64_t offset;	/* of the register, in bytes */
	uint64_t mask;		/* its bits in the register */
	uint64_t reset;		/* its value after a reset, if that is known */
	unsigned int width;	/* of the register: 8, 16, 32 or 64 bits */
	bool is_field;
	bool has_reset;
	const char *access;	/* as the file has it; "" if not */
};

/**
 * dflres_regmap_path - the file with the registers of a feature
 * @feature: the feature
 * @path: receives the path
 * @size: the size of @path in bytes; PATH_MAX always suffices
 *
 * Its name is TYPE-ID.json, such as fme-0x10.json (see dflres_type_name(); the
 * id is hexadecimal, in small letters). The first of these directories that has
 * one counts: the one that the environment variable DFLRES_REGISTERS names (not
 * for a set-id program), /etc/dflres/registers, and
 * /usr/share/dflres/registers.
 *
 * Return: 0; -ENOENT if there is none; -ENODEV if the feature is gone;
 * -ENAMETOOLONG; or another error of access(2).
 * Since: 0.2
 */
int dflres_regmap_path(const struct dflres_feature *feature, char *path,
		       size_t size);

/**
 * dflres_regmap_open - read the registers from a file
 * @map: receives them, to be closed with dflres_regmap_close()
 * @path: the file
 * @text: after an error, receives a sentence about it in English, without a
 *	  full stop: "FILE:LINE: what is wrong" with -EINVAL
 * @size: the size of @text in bytes; DFLRES_SENTENCE_MAX is enough unless @path
 *	  is very long: a longer sentence is cut
 *
 * Return: 0; -EINVAL if the file does not have the shape above; -EFBIG if it
 * has more than 16 MiB; -EISDIR; or another error of open(2) or read(2).
 * Since: 0.2
 */
int dflres_regmap_open(struct dflres_regmap **map, const char *path, char *text,
		       size_t size);

/**
 * dflres_regmap_close - free the names
 *
 * Since: 0.2
 */
void dflres_regmap_close(struct dflres_regmap *map);

/**
 * dflres_regmap_count - the number of registers and fields
 *
 * Since: 0.2
 */
size_t dflres_regmap_count(const struct dflres_regmap *map);

/**
 * dflres_regmap_entry - register or field @index, in the order of the file
 * @map: the registers
 * @index: less than dflres_regmap_count()
 *
 * The fields of a register come after it.
 *
 * Return: the register or field, which belongs to the map.
 * Since: 0.2
 */
const struct dflres_register *
dflres_regmap_entry(const struct dflres_regmap *map, size_t index);

/**
 * dflres_regmap_find - find a register or a field by its name
 * @map: the registers
 * @name: "CTRL", "CTRL.ENABLE", ...
 *
 * Return: the register or field, which belongs to the map; NULL if there is none.
 * Since: 0.2
 */
const struct dflres_register *
dflres_regmap_find(const struct dflres_regmap *map, const char *name);

/* ---- interrupts ---- */

struct dflres_irq;

/*
 * Only look on: the process that uses the claim keeps the interrupt's eventfd.
 * Poll dflres_irq_fd() for POLLPRI then.
 */
#define DFLRES_IRQ_WATCH	0x1u

/**
 * dflres_irq_open - open an interrupt of a claim
 * @irq: receives the interrupt, to be closed with dflres_irq_close()
 * @claim: the claim
 * @number: which one, from 0 to dflres_feature_num_irqs() - 1
 * @flags: DFLRES_IRQ_..., or 0
 *
 * dflres_irq_wait() and dflres_irq_take() report each interrupt from this call
 * on once, also those before the first of these calls. Only dflres_irq_count()
 * has those between the claim and this call.
 *
 * An interrupt has one eventfd: a second dflres_irq_open() of the same
 * interrupt, in this process or another one, replaces the first, which then
 * counts no more. With DFLRES_IRQ_WATCH it replaces none.
 *
 * Return: 0; -ENOENT if the feature has no such interrupt; -ENODEV if the claim
 * has ended; -EACCES if this user may not use the claim's files; -EROFS if
 * sysfs is mounted read-only here (not with DFLRES_IRQ_WATCH); -EINVAL if a
 * flag is unknown.
 * Since: 0.1
 */
int dflres_irq_open(struct dflres_irq **irq, struct dflres_claim *claim,
		    unsigned int number, unsigned int flags);

/**
 * dflres_irq_close - close an interrupt
 *
 * Other objects of the interrupt stay as they are, and so do copies in child
 * processes.
 *
 * Since: 0.1
 */
void dflres_irq_close(struct dflres_irq *irq);

/**
 * dflres_irq_fd - a descriptor that is ready when there are interrupts to take
 *
 * An eventfd, for poll(2) with POLLIN, or with DFLRES_IRQ_WATCH a file for poll
 * with POLLPRI: dflres_irq_events() says which. dflres_irq_take() ends the
 * readiness. The eventfd does not show the end of the claim: poll
 * dflres_claim_end_fd() as well.
 *
 * Return: the descriptor, which belongs to the interrupt.
 * Since: 0.1
 */
int dflres_irq_fd(const struct dflres_irq *irq);

/**
 * dflres_irq_events - what to poll dflres_irq_fd() for: POLLIN or POLLPRI
 *
 * Since: 0.1
 */
short dflres_irq_events(const struct dflres_irq *irq);

/**
 * dflres_irq_take - take the interrupts that came since the last time
 * @irq: the interrupt
 * @count: receives the number, which can be 0, since the last dflres_irq_take()
 *	  or dflres_irq_wait() that succeeded
 *
 * Does not wait.
 *
 * Return: 0; -ENODEV if there are none to take and the claim has ended (with
 * DFLRES_IRQ_WATCH also if there are).
 * Since: 0.1
 */
int dflres_irq_take(struct dflres_irq *irq, uint64_t *count);

/**
 * dflres_irq_wait - wait for interrupts, and take them
 * @irq: the interrupt
 * @timeout: in milliseconds
 * @count: receives the number, 1 or more, as of dflres_irq_take(); or NULL
 *
 * Returns at once if there are interrupts to take. If several threads wait, one
 * of them gets each interrupt.
 *
 * Return: 0; -ETIMEDOUT if there was none; -EINTR; -ENODEV if there are none to
 * take and the claim has ended (with DFLRES_IRQ_WATCH also if there are).
 * Since: 0.1
 */
int dflres_irq_wait(struct dflres_irq *irq, int timeout, uint64_t *count);

/**
 * dflres_irq_count - how many interrupts came since the claim
 *
 * Takes nothing.
 *
 * Return: 0; -ENODEV if the claim has ended.
 * Since: 0.1
 */
int dflres_irq_count(const struct dflres_irq *irq, uint64_t *count);

/* ---- features by name, and why something was refused ---- */

/*
 * The name of a feature has one of three forms:
 *
 *	dfl_dev.N	its name on the bus, which can be another at the next
 *			boot
 *	[CARD/]TYPE:ID[:INSTANCE]
 *			a selector, which stays the same: the PCI address of its
 *			card; "fme", "port" or the number of another type; its
 *			id, a number or the word that dflres_id_name() has for
 *			it; and which one of those that match, from 0, as
 *			dflres_feature_find() orders them
 *	a path		to its directory, which begins with '/' or '.'
 *
 * A selector that ends with ":any" in place of the instance means the first
 * feature that can be claimed. It passes over features that are busy or still
 * being set up, not given to this process (-EROFS, -EACCES, -EPERM), not safe
 * to hand out, or gone. Numbers are decimal, or hexadecimal with 0x.
 */

/**
 * dflres_select - open the feature that a name names
 * @feature: receives the feature, to be closed with dflres_feature_close()
 * @name: the name; with ":any" the first feature that could be claimed at this
 *	  moment. To claim one use dflres_claim_select(): somebody else may be
 *	  quicker.
 *
 * Return: 0; -EINVAL if @name has none of the forms above; -ENODEV or -ENOTDIR
 * if there is no such feature; -EXDEV if @name is a feature's directory
 * `dflres` that is mounted away from the feature; with ":any" also the error
 * that dflres_claim_open() has for the feature that came nearest to a claim:
 * -EBUSY before -EAGAIN, then -EACCES, -EPERM and -EROFS, then -ENXIO, then
 * -ENOENT.
 * Since: 0.2
 */
int dflres_select(struct dflres_feature **feature, const char *name);

/**
 * dflres_claim_select - claim features by their names, all of them or none
 * @claims: receives a claim for each name, to be closed with
 *	    dflres_claim_close()
 * @names: the names
 * @count: how many there are
 * @flags: DFLRES_CLAIM_..., for each of them
 * @timeout: how long to wait until all of them are free, in milliseconds; 0
 *	     tries once
 * @failed: receives the index of the name that the error is of; or NULL
 *
 * Each ":any" gets a feature of its own; with DFLRES_CLAIM_TAKE_OVER a feature
 * without a driver comes before one that a driver has. While the call waits for
 * one feature it keeps no other, so that several processes can claim the same
 * features without blocking each other. If one claim fails, the call releases
 * the claims that it made before, also lasting ones.
 *
 * Return: 0; an error of dflres_select() or of dflres_claim_open(); -EEXIST if
 * two names name the same feature.
 * Since: 0.2
 */
int dflres_claim_select(struct dflres_claim **claims, const char *const names[],
			size_t count, unsigned int flags, int timeout,
			size_t *failed);

/**
 * dflres_feature_selector - the selector of a feature: CARD/TYPE:ID:INSTANCE
 * @feature: the feature
 * @text: receives the selector
 * @size: the size of @text in bytes; 64 always suffice
 *
 * Known without the dflres module.
 *
 * Return: 0; -ENODEV if the feature is gone; -ENAMETOOLONG if @size is too small.
 * Since: 0.2
 */
int dflres_feature_selector(const struct dflres_feature *feature, char *text,
			    size_t size);

/**
 * dflres_type_name - the word for a type of feature, as in a selector
 * @type: enum dflres_type or another number
 * @name: receives "fme", "port", another word that is known, or the number
 * @size: the size of @name in bytes; 16 always suffice
 *
 * Since: 0.2
 */
void dflres_type_name(unsigned int type, char *name, size_t size);

/**
 * dflres_type_find - the type of feature that a word stands for
 * @name: "fme", "port" or another word of dflres_type_name(), not a number
 * @type: receives enum dflres_type or another number
 *
 * Return: 0; -ENOENT if the word is not known.
 * Since: 0.2
 */
int dflres_type_find(const char *name, unsigned int *type);

/**
 * dflres_id_name - the word for a feature id, as in a selector
 * @type: the type of the feature: ids of different types are different things
 * @id: the id
 *
 * The library knows the ids that the public registry of DFL feature ids or the
 * headers of Linux explain.
 *
 * Return: the word, such as "emif"; NULL if there is none.
 * Since: 0.2
 */
const char *dflres_id_name(unsigned int type, unsigned int id);

/**
 * dflres_id_find - the feature id that a word stands for
 * @type: the type of the feature
 * @name: the word, of dflres_id_name()
 * @id: receives the id
 *
 * Return: 0; -ENOENT if features of that type have no id of this name.
 * Since: 0.2
 */
int dflres_id_find(unsigned int type, const char *name, unsigned int *id);

/* Who owns a feature. A string is "" if there is nothing to tell. */
struct dflres_holder {
	enum dflres_owner owner;
	char word[32];		/* the owner's word, as it is in sysfs */
	char driver[256];	/* the kernel driver that is bound */
	pid_t pid;		/* who claimed; 0: unknown, or gone */
	uid_t uid;		/* whose claim it is; (uid_t)-1: unknown */
	char command[64];	/* the name of the process */
	char user[64];		/* the name of the user, or the number */
	uint64_t reserved[8];	/* zero */
};

/**
 * dflres_feature_holder - who owns a feature
 * @feature: the feature
 * @holder: receives the answer
 *
 * In the names of process and user a '?' replaces each character that could
 * harm a terminal or the text around it.
 *
 * Return: 0; -ENOENT if the dflres module is not loaded (@holder has the driver
 * even then); -ENODEV if the feature is gone; -EIO if `owner` does not hold a
 * word.
 * Since: 0.2
 */
int dflres_feature_holder(const struct dflres_feature *feature,
			  struct dflres_holder *holder);

/* What a program wanted to do with a feature. */
enum dflres_operation {
	DFLRES_OPERATION_OPEN,		/* select or find it, read its values */
	DFLRES_OPERATION_CLAIM,
	DFLRES_OPERATION_TAKE_OVER,	/* claim with DFLRES_CLAIM_TAKE_OVER */
	DFLRES_OPERATION_RELEASE,
	DFLRES_OPERATION_ACCESS,	/* read or write registers */
	DFLRES_OPERATION_IRQ,		/* open or wait for an interrupt */
	DFLRES_OPERATION_WATCH,		/* watch its owner */
};

/* Always enough for a sentence. */
#define DFLRES_SENTENCE_MAX 1024

/**
 * dflres_explain - why an operation on a feature was refused, for people
 * @feature: the feature
 * @operation: what was refused
 * @error: the negative errno of the refusal
 * @text: receives one sentence in English, without a newline: what was refused,
 *	  who has the feature, and what to do next
 * @size: the size of @text in bytes
 *
 * The library asks now who has the feature, which may have changed since the
 * refusal. It advises what this user may do, with programs that come with the
 * library.
 *
 * Return: the length of the sentence, as snprintf(3): if it is not less than
 * @size, the sentence was cut.
 * Since: 0.2
 */
int dflres_explain(const struct dflres_feature *feature,
		   enum dflres_operation operation, int error, char *text,
		   size_t size);

/**
 * dflres_explain_name - why an operation on a named feature was refused
 * @name: the name, as it was given to dflres_select() or dflres_claim_select()
 * @operation: what was refused: DFLRES_OPERATION_OPEN of dflres_select()
 * @error: the negative errno of the refusal
 * @text: receives the sentence, as of dflres_explain()
 * @size: the size of @text in bytes
 *
 * It also says what is wrong with a name, and, for one with ":any", how many
 * features are busy and how many are not given to this process.
 *
 * Return: as dflres_explain().
 * Since: 0.2
 */
int dflres_explain_name(const char *name, enum dflres_operation operation,
			int error, char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif
