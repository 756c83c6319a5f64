/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libdflres: use the features of DFL cards from user space.
 *
 * A feature is one block of an FPGA card, a device on the DFL bus. The kernel
 * or user space owns it, never both; see dflres(4). The objects here are
 *
 *	struct dflres_list	the features that there are
 *	struct dflres_hotplug	whether there are others now
 *	struct dflres_feature	one feature: what it is, and who owns it
 *	struct dflres_watch	the changes of its owner
 *	struct dflres_claim	the feature owned by this process
 *	struct dflres_regs	its registers
 *	struct dflres_regmap	the names of its registers
 *	struct dflres_irq	one of its interrupts
 *
 * Words. Each thing has one word, here and in the manual:
 *
 *	card		the PCI function that a feature belongs to
 *	owner		who has a feature: none, the kernel or user space
 *	claim		what makes user space the owner
 *	lease		a claim that ends with a descriptor's last copy
 *	lasting claim	one that stays until somebody releases it
 *	take over	unbind the kernel's driver, then claim
 *	attach		use a claim that there is
 *	release		end a claim
 *	close		give an object back; that of a lease releases as well
 *	end		of a claim: a release, or the feature's removal
 *	map		make registers memory of the process
 *	guard		let accesses to mapped registers survive the end
 *	take		of interrupts: learn how many came, each one once
 *	width		of an access, in bits; sizes and offsets are in bytes
 *
 * Errors. A function that returns int returns 0, or a negative errno and then
 * has stored nothing through its out-parameters, unless it says otherwise.
 * Each comment lists the errors that have a meaning of their own; besides them
 * there can be -ENOMEM, -EMFILE and what else open(2) gives to anybody.
 * Three are the same everywhere:
 *
 *	-ENOENT	what was asked for does not exist; for most files: the dflres
 *		module is not loaded
 *	-ENODEV	the feature, or the claim, was there and is gone for good
 *	-EIO	a file in sysfs does not hold what dflres(4) says
 *
 * A function that returns a descriptor returns a negative errno instead if it has
 * none.
 *
 * Time is in milliseconds: 0 does not wait at all, a negative number waits
 * forever. A wait that a signal handler interrupts gives -EINTR.
 *
 * Memory. An object that a function gives out is the caller's, who ends it with
 * the _close or _free function of its kind, which take NULL as well. Objects may
 * be closed in any order. Strings belong to the object they come from.
 *
 * Threads. The library keeps nothing in common between objects (but for the
 * SIGBUS handler of DFLRES_REGS_GUARD): threads may use different objects at the
 * same time. On one object several threads may call what takes a const pointer,
 * all register accesses, and dflres_irq_wait(), _take() and _count(); the other
 * functions have the object for themselves.
 *
 * Processes. All descriptors are close-on-exec. After fork(2) the child has
 * copies of all objects, and may use them and close them: a close in a process
 * other than the one that opened does not end the claim, it only closes the
 * copy. See dflres_claim_open() for how long a claim lasts.
 *
 * Compilers. C99 or later, or C++, of GCC or Clang, with POSIX: with -std=c99 and
 * the like define _POSIX_C_SOURCE as 200809L before any header.
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
 * The version of this header, to be compared:
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
 * Before each function that is inline. The library exports all of these as well,
 * by the same names, for other languages.
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

/* ---- the features that there are ---- */

/* The features on the DFL bus at one moment, dfl_dev.2 before dfl_dev.10. */
struct dflres_list;
struct dflres_feature;

/**
 * dflres_list_new - list the features
 * @list: receives the list, to be freed with dflres_list_free()
 *
 * The list is of one moment. A feature in it may be gone when it is opened.
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
 * dflres_list_count - how many features are in a list
 *
 * Since: 0.1
 */
size_t dflres_list_count(const struct dflres_list *list);

/**
 * dflres_list_path - the directory of feature @index, without symbolic links
 * @index: less than dflres_list_count()
 *
 * Return: the path; the list's.
 * Since: 0.1
 */
const char *dflres_list_path(const struct dflres_list *list, size_t index);

/**
 * dflres_list_name - the name of feature @index, such as "dfl_dev.3"
 * @index: less than dflres_list_count()
 *
 * Return: the name; the list's.
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

/* In a filter: any. */
#define DFLRES_ANY (-1)

/*
 * What a feature is to be. Start from DFLRES_FILTER_INIT, which every feature
 * matches, and set the fields that matter:
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
 * @filter: what they are to be
 *
 * The index of a feature in this list is its instance. The features are ordered
 * by card and by the address of their registers; without the dflres module,
 * which knows the address, by number.
 *
 * Return: 0, also if none matches; -ENOENT if the kernel has no DFL bus; -EINVAL
 * if the card is no PCI address, the guid is none, or the size is not one that
 * the library knows: it is older than the program.
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
 * It tells that features may have come or gone, not which: list them again. It
 * tells so when a card is plugged, pulled or scanned anew, its driver bound or
 * unbound, and when the dflres module is loaded; not when that is unloaded:
 * dflres_watch_read() does.
 *
 * Whoever opens this first and lists the features then misses none. Several
 * changes may be reported as one, and a report may turn out to be of none.
 *
 * The kernel sends nothing to a process in a network namespace that belongs to
 * another user namespace than the first one (a container without root).
 *
 * Return: 0; -EAFNOSUPPORT or -EPROTONOSUPPORT if the kernel has no netlink
 * sockets for events, or a sandbox keeps them away.
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
 * Events of other devices make it ready as well. It is only to be polled. Copies
 * that fork(2) makes share what comes: one of them gets it.
 *
 * Return: the descriptor; the watch's.
 * Since: 0.1
 */
int dflres_hotplug_fd(const struct dflres_hotplug *hotplug);

/**
 * dflres_hotplug_read - whether there was a change; ends the readiness
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
 * Does not wait if they may have since the last time.
 *
 * Return: 0; -ETIMEDOUT if there was no change; -EINTR.
 * Since: 0.1
 */
int dflres_hotplug_wait(struct dflres_hotplug *hotplug, int timeout);

/* ---- one feature ---- */

/* What a feature belongs to. The kernel may come to know others. */
enum dflres_type {
	DFLRES_TYPE_FME = 0,	/* the FPGA's management engine */
	DFLRES_TYPE_PORT = 1,	/* a port */
};

/*
 * The enums below can grow: a newer module may have words that this library
 * does not know. They are the UNKNOWN of their enum, which is no error, and
 * dflres_feature_attribute() has the word itself. Later versions of the library
 * add values at the end.
 */

enum dflres_owner {
	DFLRES_OWNER_UNKNOWN,	/* see above */
	DFLRES_OWNER_NONE,	/* no driver is bound */
	DFLRES_OWNER_KERNEL,	/* a driver of the kernel is */
	DFLRES_OWNER_USER,	/* it is claimed for user space */
};

/* Whether it can be claimed at all; what is not "yes" is for good. */
enum dflres_claimable {
	DFLRES_CLAIMABLE_UNKNOWN,	/* see above: no, for another reason */
	DFLRES_CLAIMABLE_YES,
	DFLRES_CLAIMABLE_OUTSIDE_BAR,	/* it does not lie in a BAR of its card */
	DFLRES_CLAIMABLE_OVERLAP,	/* it overlaps with another feature */
	DFLRES_CLAIMABLE_MSIX,	/* it overlaps with the card's MSI-X table */
	DFLRES_CLAIMABLE_NO_CARD,	/* its card is not on PCI */
};

/* What the card's PCI function can reach by DMA. */
enum dflres_dma {
	DFLRES_DMA_UNKNOWN,	/* see above */
	DFLRES_DMA_OFF,		/* nothing: it is not a bus master */
	DFLRES_DMA_BLOCKED,	/* nothing: an IOMMU lets nothing through */
	DFLRES_DMA_TRANSLATED,	/* what an IOMMU maps for it */
	DFLRES_DMA_WEAK,	/* the same, but the card can get around it */
	DFLRES_DMA_IDENTITY,	/* all memory: the IOMMU passes it on */
	DFLRES_DMA_UNPROTECTED,	/* all memory: there is no IOMMU */
};

/* Where the registers are, as the line of a PCI device's resource file. */
struct dflres_resource {
	uint64_t start;		/* physical address of the first byte */
	uint64_t end;		/* and of the last one */
	uint64_t flags;
};

/**
 * dflres_feature_open - open a feature by its name
 * @feature: receives the feature, to be closed with dflres_feature_close()
 * @name: its name on the bus ("dfl_dev.3"), or a path to its directory, which
 *	  is what has a slash in it
 *
 * Names can be others at the next boot: to find a feature by what it is use
 * dflres_feature_find().
 *
 * An open feature stays the one it was: once it is gone, and its name another
 * feature's, all functions on it give -ENODEV.
 *
 * Return: 0; -ENODEV if there is no such feature; -ENOTDIR if the path is that
 * of a file.
 * Since: 0.1
 */
int dflres_feature_open(struct dflres_feature **feature, const char *name);

/**
 * dflres_feature_find - open a feature by what it is
 * @feature: receives the feature, to be closed with dflres_feature_close()
 * @filter: what it is to be
 * @instance: which one of those that match, from 0, in the order of
 *	      dflres_list_find()
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
 * Claims and watches of it stay what they are.
 *
 * Since: 0.1
 */
void dflres_feature_close(struct dflres_feature *feature);

/**
 * dflres_feature_name - its name on the bus, dfl_dev.N
 *
 * Return: the name; the feature's.
 * Since: 0.1
 */
const char *dflres_feature_name(const struct dflres_feature *feature);

/**
 * dflres_feature_path - its directory, without symbolic links
 *
 * Return: the path; the feature's.
 * Since: 0.1
 */
const char *dflres_feature_path(const struct dflres_feature *feature);

/**
 * dflres_feature_files - the directory of the dflres module's files of it
 * @feature: the feature
 * @path: receives the path
 * @size: the size of @path in bytes; PATH_MAX always suffice
 *
 * For programs that use the files themselves. It is /run/dfl/TYPE-ID/dfl_dev.N,
 * where udev, or who started this container, has put them; where nobody has, the
 * directory dflres in that of the feature. What is at that name, but is not of
 * this feature, does not count.
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
 * Return: the address, or "" if the card is not on PCI; the feature's.
 * Since: 0.1
 */
const char *dflres_feature_card(const struct dflres_feature *feature);

/*
 * What is true of the feature at the moment: each call reads the file anew, in
 * one piece. None of them touches the hardware. They return
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
 * dflres_feature_id - the feature id, which tells with the type what it does
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
 * @bars: receives them by number; one that the card does not have, or that is
 *	  no memory, is all zero
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
 * While a kernel driver is bound the answer may be no, and be yes later.
 * dflres_regs_open() does not need to be told.
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
 * Return: as above; -ENOENT also if the module is of a version before 0.2.
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
 * @pid: receives the process, as the caller's pid namespace numbers it; 0 if it
 *	 is gone, or not in that namespace
 *
 * Return: as above; -ENOENT also if user space does not own the feature.
 * Since: 0.1
 */
int dflres_feature_owner_pid(const struct dflres_feature *feature, pid_t *pid);

/**
 * dflres_feature_owner_uid - the user whose claim it is
 *
 * The one that the files of the claim belong to, also when the process that
 * claimed is gone, or has changed its user.
 *
 * Return: as above; -ENOENT also if user space does not own the feature.
 * Since: 0.1
 */
int dflres_feature_owner_uid(const struct dflres_feature *feature, uid_t *uid);

/**
 * dflres_feature_leased - whether the claim on it is a lease
 * @feature: the feature
 * @leased: receives false also if user space does not own the feature
 *
 * Return: as above; -EACCES if the module is of a version before 0.2.
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
 * dflres_feature_attribute - the text of any file that the module has for it
 * @feature: the feature
 * @name: the file, as dflres(4) names it: "owner", "dma", "lease", ...
 * @value: receives the text, without the newline at its end
 * @size: the size of @value in bytes
 *
 * For the words that this library does not know, and for files that a newer
 * module has.
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
				 * whether one takes it or not
				 */
};

/**
 * dflres_feature_release - end whichever claim there is on a feature
 * @feature: the feature
 * @to: what to leave
 *
 * This ends a claim that outlived its process, and that of any other process of
 * this user, or, with CAP_SYS_ADMIN, of any user. To end one's own claim use
 * dflres_claim_release() or dflres_claim_close().
 *
 * Without a claim DFLRES_RELEASE_NONE has no effect, and DFLRES_RELEASE_KERNEL
 * offers the feature to the kernel's drivers, which takes CAP_SYS_ADMIN.
 *
 * Return: 0, and the release is complete; -EBUSY if a kernel driver has the
 * feature (DFLRES_RELEASE_NONE only); -EPERM if another user claimed it, or, for
 * DFLRES_RELEASE_KERNEL, nobody; -EACCES if this user may not write to the file
 * `owner`; -EROFS if sysfs is mounted read-only here; -ENOENT if the dflres
 * module is not loaded; -ENODEV if the feature is gone.
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
 * No change is missed but those that are undone before they are looked at: what
 * dflres_watch_read() gave last, or the moment of this call, is what a later
 * change is compared with.
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
 * It stays ready until dflres_watch_read(). It is only to be polled.
 *
 * Return: the descriptor; the watch's.
 * Since: 0.1
 */
int dflres_watch_fd(const struct dflres_watch *watch);

/**
 * dflres_watch_epoll - a descriptor that is readable (POLLIN) after a change
 *
 * For event loops that know no POLLPRI, such as asyncio's. It is ready when
 * dflres_watch_fd() is, until dflres_watch_read(), and there is nothing to read
 * from it: it is an epoll descriptor with that one in it. Several can be had of a
 * watch.
 *
 * Return: the descriptor, the caller's, to be closed with close(2); without the
 * watch it is never ready.
 * Since: 0.2
 */
int dflres_watch_epoll(const struct dflres_watch *watch);

/**
 * dflres_watch_read - who owns the feature now; ends the descriptor's readiness
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
 * the claim is a lease, which ends with the process however that ends.
 */
#define DFLRES_CLAIM_LASTING	0x1u

/*
 * If a kernel driver has the feature, take it away from the driver. Give it back
 * when the claim is closed.
 */
#define DFLRES_CLAIM_TAKE_OVER	0x2u

/*
 * If this user has claimed the feature already, use that claim, as
 * dflres_claim_attach() does; else claim. So a program does the same by itself,
 * below `dflres exec` and after `dflres claim`.
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
 * A lease lives as long as a descriptor that this call creates, and that the
 * claim holds: it ends when its last copy is closed, also when the process exits
 * or is killed. fork(2) copies it: the claim lives until the last of the
 * processes is gone, unless the process that claimed closes the claim, which
 * ends it for all of them. execve(2) closes it; to pass it on to another program,
 * clear the close-on-exec flag of dflres_claim_lease_fd().
 *
 * With DFLRES_CLAIM_TAKE_OVER the driver that has the feature is unbound first,
 * which takes the right to write to the driver's files (root's). All or nothing:
 * if the claim fails then, the driver is bound again before this returns, unless
 * somebody else has got hold of the feature meanwhile. A claim by
 * another process is waited for, but never taken over. If the process dies
 * before the close, the driver gets the feature all the same.
 *
 * Return: 0, or
 *	-EBUSY	@timeout is 0, and another claim has the feature, or a kernel
 *		driver (with TAKE_OVER: one that does not allow to be unbound);
 *		or another driver holds one of its interrupts, for which this
 *		does not wait
 *	-ETIMEDOUT	it has not become free in time
 *	-EINTR	a signal handler interrupted the wait
 *	-EACCES	this user may not write to the file `lease` (`owner` for a
 *		lasting claim), or to the driver's
 *	-EROFS	sysfs is mounted read-only here: the feature was not given to
 *		this container or service
 *	-EPERM	the kernel is locked down, or the module was told to require an
 *		IOMMU and there is none
 *	-ENXIO	the registers are not safe to hand out: they overlap with
 *		something else on the card
 *	-EAGAIN	@timeout is 0, and the device is still being set up, or the
 *		system is being suspended
 *	-ENOENT	the dflres module is not loaded
 *	-ENODEV	the feature is gone, or going
 *	-EINVAL	a flag is unknown
 * Since: 0.1
 */
int dflres_claim_open(struct dflres_claim **claim,
		      const struct dflres_feature *feature, unsigned int flags,
		      int timeout);

/**
 * dflres_claim_attach - use the claim that there is on a feature
 * @claim: receives the claim, to be closed with dflres_claim_close()
 * @feature: the feature
 *
 * For a lasting claim that another program made. Closing @claim does not end
 * it; dflres_claim_release() does.
 *
 * Return: 0; -ENOENT if the feature is not claimed, or the dflres module not
 * loaded; -EACCES if another user claimed it, unless this is root; -EPERM if the
 * kernel is locked down; -EROFS if sysfs is mounted read-only here; -ENODEV if
 * the feature is gone.
 * Since: 0.1
 */
int dflres_claim_attach(struct dflres_claim **claim,
			const struct dflres_feature *feature);

/**
 * dflres_claim_from_fd - use the claim that a descriptor is of
 * @claim: receives the claim, to be closed with dflres_claim_close()
 * @fd: what dflres_claim_fd() was in another process, passed on over a socket,
 *	by exec or, as DFLRES_FD_0, by `dflres exec`; it stays the caller's
 *
 * The claim is the other process's. Closing @claim does not end it. The
 * registers can be used by whoever has the descriptor, interrupts by the user
 * that claimed.
 *
 * Return: 0; -EINVAL if the descriptor is not one of a claim; -EBADF if it is
 * not open, or not for read and write; -ENODEV if the claim has ended; -ENOENT
 * if this process does not see the feature in its mounts, or has no /proc.
 * Since: 0.2
 */
int dflres_claim_from_fd(struct dflres_claim **claim, int fd);

/**
 * dflres_claim_release - end a claim
 * @claim: the claim, which has still to be closed
 * @to: what to leave
 *
 * When this returns 0, everything had through the claim is dead, in all
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
 * A lease that has not been released is released now, and what was there before
 * it is there again: nobody (DFLRES_RELEASE_NONE), or, if the claim took the
 * feature over from a driver, a driver (DFLRES_RELEASE_KERNEL). If the process
 * dies instead, the kernel does the same soon after. (With a module before 0.2
 * it does DFLRES_RELEASE_KERNEL then, also where no driver had the feature.)
 *
 * A lasting claim, and one that was attached to, stays. So does a lease that the
 * parent of this process, not the process itself, claimed.
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
 * It is to be polled for POLLPRI, and nothing else.
 *
 * A claim can end without the process having a part in it: the card is
 * unplugged, a driver below the feature is unbound, or an administrator releases
 * the claim. From then on, for good, and also if the same process claims anew:
 * register accesses by call give -ENODEV, mapped ones SIGBUS (unless they are
 * guarded: DFLRES_REGS_GUARD), interrupts give -ENODEV, and this descriptor
 * stays ready, with POLLERR and POLLPRI.
 *
 * What is had through the claim ends at once, not when the process has noticed:
 * this is to clean up and to claim again, not to be quick enough.
 *
 * Return: the descriptor, the claim's; -ENODEV if the claim has ended already.
 * Since: 0.2
 */
int dflres_claim_end_fd(const struct dflres_claim *claim);

/**
 * dflres_claim_end_epoll - a descriptor that is readable (POLLIN) at the end
 *
 * For event loops that know no POLLPRI, such as asyncio's. It is ready when
 * dflres_claim_end_fd() is, which is for good, and there is nothing to read from
 * it: it is an epoll descriptor with that one in it. Several can be had of a
 * claim.
 *
 * Return: the descriptor, the caller's, to be closed with close(2); once
 * dflres_claim_close() has closed the claim it is never ready; -ENODEV if the
 * claim has ended already.
 * Since: 0.2
 */
int dflres_claim_end_epoll(const struct dflres_claim *claim);

/**
 * dflres_claim_lease_fd - the descriptor that the lease lives by
 *
 * An eventfd that counts nothing.
 *
 * Return: the descriptor, the claim's; -ENOENT if the claim is no lease.
 * Since: 0.1
 */
int dflres_claim_lease_fd(const struct dflres_claim *claim);

/**
 * dflres_claim_fd - the file `resource0` of the claim, open for read and write
 *
 * For those who mmap(2), pread(2) or pwrite(2) themselves, or pass it on; see
 * dflres(4).
 *
 * Return: the descriptor; the claim's.
 * Since: 0.1
 */
int dflres_claim_fd(const struct dflres_claim *claim);

/**
 * dflres_claim_feature - the feature that is claimed
 *
 * Return: the feature; the claim's, not to be closed.
 * Since: 0.1
 */
const struct dflres_feature *
dflres_claim_feature(const struct dflres_claim *claim);

/* ---- registers ---- */

/*
 * The registers of a claimed feature, by offset in bytes. Where the feature is
 * mappable an access is a load or store in the mapping, where it is not, a
 * pread(2) or pwrite(2): behind the same calls. Either way each call is exactly
 * one access on the bus, of exactly that width, in the order of the calls, and
 * never repeated. (A kernel of 32 bits makes two halves of 64 bits where the
 * access is by pread or pwrite.) Registers are little-endian, values in the
 * byte order of the host.
 *
 * An offset must be a multiple of the width, as the bus sees it, and the access
 * within the feature. What does not heed this is a bug in the caller, and is
 * found
 *  - by all functions that return an error: -ERANGE beyond the end, -EINVAL if
 *    misaligned, and nothing is accessed;
 *  - by dflres_regs_readN() and _writeN() in code compiled with DFLRES_DEBUG
 *    defined, which say so on standard error and abort(3);
 *  - by them without DFLRES_DEBUG only where the feature is not mappable; where
 *    it is they access what is there, or crash: they are the bare access.
 *
 * The fields are for the inline functions below, not for programs: each has a
 * function. They are part of the ABI, and more of the object is behind them, so
 * that a copy of the struct is not the registers.
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
 * has a handler for SIGBUS, which, at the first access to what is gone, replaces
 * the whole mapping by ordinary memory whose bytes are all ones, notes -ENODEV
 * for dflres_regs_error(), and lets the access go on. So
 *  - the access that failed and all later ones read all ones, as those of a PCI
 *    device that was pulled, or what has since been written; writes go nowhere;
 *  - dflres_regs_tryN functions return -ENODEV;
 *  - no access to a register happens twice, and none is jumped out of: locks
 *    held and counters kept around it stay right;
 *  - while all is well a plain access is the bare load or store, and a try is
 *    that and a test of `error`. There is no system call in it;
 *  - several threads may be in it at a time.
 *
 * The price is that a signal's handler belongs to the process. The library
 * installs its own with the first guarded mapping and puts back what was there
 * before with the last one. A SIGBUS that is none of its business (another
 * address, another cause, one sent by a process) goes to the handler that the
 * program had before, or kills the process as it would have. A handler that is
 * installed over the library's takes its place. If it passes on to the library's
 * what is not its own, as those that report crashes do, the guard still works. A
 * program whose handler passes nothing on shall open with DFLRES_REGS_GUARD_OWN,
 * and call dflres_guard_handle() first in its handler. A thread that has SIGBUS
 * blocked is killed by the kernel when it accesses what is gone.
 *
 * A program that cannot use either guard opens without one and uses the try
 * functions: these go by pread(2) and pwrite(2) then, one system call for each
 * access, and need no signal handler. What is not mapped needs none either.
 */
#define DFLRES_REGS_GUARD	0x1u	/* the library handles SIGBUS */
#define DFLRES_REGS_GUARD_OWN	0x2u	/* the program does, and asks the library */

/* Do not map: for a few accesses, pread and pwrite are cheaper than to map. */
#define DFLRES_REGS_NO_MAP	0x4u

/*
 * Map write-combined: the processor collects writes and sends many as one, which
 * is faster where they fill memory of the card, and is no access for each call,
 * nor in the order of the calls. dflres_regs_flush() sends what it has collected.
 * The registers of a claim are either this or uncached, as they are first used,
 * until the claim ends: what goes by pread and pwrite gives -EBUSY then, so that
 * dflres_regs_tryN functions need a guard.
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
 *	-EPERM	the kernel has been locked down since
 *	-EROFS	the claim's descriptor came through a read-only mount
 *	-EBUSY	with DFLRES_REGS_WRITE_COMBINE, and the registers have been used
 *		uncached under this claim; or the other way round
 *	-EOPNOTSUPP	with DFLRES_REGS_WRITE_COMBINE: the feature cannot be
 *		mapped, or not so, because its BAR is not prefetchable, or the
 *		module is of a version before 0.2
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
 * For many accesses and one question at their end. It is sticky.
 *
 * Return: 0; -ENODEV if the claim was found to have ended, in an access that was
 * guarded or by call; otherwise the first error of a plain access by call: one
 * of those of dflres_regs_try_read(). A plain read that fails gives all ones.
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
 * this call leave the processor before those after it. Others need it not.
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
 * dflres_regs_try_read - read a register, and say if that failed
 * @regs: the registers
 * @offset: in bytes
 * @width: 8, 16, 32 or 64 bits
 * @value: receives the value
 *
 * For a width that is not known when the program is compiled; otherwise
 * dflres_regs_try_read8() and so on are the same. It is guarded, with or without
 * DFLRES_REGS_GUARD: see there.
 *
 * Return: 0; -ENODEV if the claim has ended; -ERANGE beyond the end; -EINVAL if
 * @offset is misaligned or @width none of the four; -EPERM, by call, if the
 * kernel has been locked down since the claim.
 * Since: 0.1
 */
int dflres_regs_try_read(struct dflres_regs *regs, size_t offset,
			 unsigned int width, uint64_t *value);

/**
 * dflres_regs_try_write - write a register, and say if that failed
 *
 * As dflres_regs_try_read(). A write is complete for the processor, not for the
 * card, when it returns. One that meets the end of the claim may return either.
 * Bits of @value above @width are ignored.
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
 * @data: receives the bytes as they lie in the registers, in that order
 * @length: in bytes, a multiple of the width
 *
 * Guarded, as dflres_regs_try_read(). On an error @data may have been written
 * to, and registers may have been read.
 *
 * Return: as dflres_regs_try_read(); -EINVAL also if @length is no multiple.
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
 * data[0] is what the first one read. What a FIFO gave before an error is in
 * @data, but how much of it is not known.
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
 * @value: what they are to be, at their places in the register
 * @before: receives the whole value that was read; or NULL
 *
 * One read and one write, also if nothing changes. It is guarded, as
 * dflres_regs_try_read(). Nothing keeps another thread, process or the card from
 * changing the register in between. Bits that a write of what was read would
 * clear or start are not for this function: write them with
 * dflres_regs_try_write().
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
 * @mask: the bits that are looked at
 * @value: what they are to be, at their places in the register
 * @timeout: in milliseconds; 0 reads once
 * @last: receives the whole value that was read last, also if it returns
 *	  -ETIMEDOUT or -EINTR; or NULL
 *
 * It sleeps between two reads: an eighth of the time that it has waited, at least
 * 10 us and at most 10 ms. Where an interrupt tells the same, dflres_irq_wait()
 * is better. It is guarded, as dflres_regs_try_read(). The register is read once
 * more when the time is over.
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
 * Return: true if the signal was the end of a claim: the handler is to return,
 * and the access goes on. False: it is the program's.
 * Since: 0.1
 */
bool dflres_guard_handle(const siginfo_t *info);

/* Not for programs: where the inline functions below end that do not map. */
uint64_t dflres_regs_pread(struct dflres_regs *regs, size_t offset,
			   unsigned int width);
void dflres_regs_pwrite(struct dflres_regs *regs, size_t offset,
			unsigned int width, uint64_t value);
/* Aborts, and says why. */
__attribute__((__noreturn__))
void dflres_regs_bug(const struct dflres_regs *regs, size_t offset,
		     unsigned int width);

/**
 * dflres_regs_valid - whether there can be an access
 * @regs: the registers
 * @offset: in bytes
 * @width: 8, 16, 32 or 64 bits
 *
 * Return: true if it is within the feature, aligned as the bus sees it, and of
 * one of the four widths.
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
 * The load or store itself, for @base from dflres_regs_base(). Nothing is
 * checked. DFLRES_REGS_GUARD works for it as well.
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
 * The plain access: the load or store itself where the registers are mapped,
 * behind a test whether they are. (Where even the test is too much, make it once:
 * dflres_regs_base(), and then dflres_loadN() and dflres_storeN().) When the
 * claim is gone: a read gives all ones, a write goes nowhere, and
 * dflres_regs_error() tells, provided the registers are guarded or not mapped;
 * otherwise SIGBUS.
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
 * Guarded accesses of a known width; where the registers are mapped and guarded,
 * without a call.
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
 * @mask: the field's bits, one beside the other; not 0
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
 * @mask: the field's bits, one beside the other; not 0
 * @field: the field's value; bits that the field does not have are left out
 *
 * Several fields make one value by '|', and dflres_regs_update() sets one:
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
 * The names of a feature's registers, and of their fields, from a file in JSON. It
 * has the shape that the JSON exporter in the tutorial of the SystemRDL compiler
 * writes: objects with the members
 *
 *	type		"addrmap" or "regfile", which the outermost one is as well;
 *			"reg"; "field"
 *	inst_name	the name; that of the outermost one is not used
 *	addr_offset	in bytes, from the object that it is in; not of a field
 *	children	what is in it, an array; not of a field
 *	lsb, msb	the bits of a field
 *	reset		a field's value after a reset; or null
 *	sw_access	how software may access a field, such as "rw"
 *	regwidth	of a reg, in bits, 8, 16, 32 or 64; without it 32, or 64 if
 *			a field has a bit above 31. (The exporter does not write it.)
 *
 * Other members are for others. Names of objects in objects are joined by dots:
 * "CTRL" and its field "CTRL.ENABLE", or "dma.CTRL.ENABLE".
 */
struct dflres_regmap;

/*
 * A register, or a field of one. Later versions of the library add members at the
 * end: it is not to be copied.
 */
struct dflres_register {
	const char *name;
	uint64_t offset;	/* of the register, in bytes */
	uint64_t mask;		/* which bits of the register it has */
	uint64_t reset;		/* its value after a reset, if that is known */
	unsigned int width;	/* of the register: 8, 16, 32 or 64 bits */
	bool is_field;
	bool has_reset;
	const char *access;	/* as the file has it; "" if it does not */
};

/**
 * dflres_regmap_path - the file with the registers of a feature
 * @feature: the feature
 * @path: receives the path
 * @size: the size of @path in bytes; PATH_MAX always suffices
 *
 * It is called TYPE-ID.json, such as fme-0x10.json (see dflres_type_name(); the id
 * is hexadecimal, in small letters), and the first that there is in the directory
 * that the variable DFLRES_REGISTERS of the environment names (not of a set-id
 * program), in /etc/dflres/registers and in /usr/share/dflres/registers.
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
 * @text: receives, after an error, a sentence about it in English, without a
 *	  full stop: "FILE:LINE: what is wrong" with -EINVAL
 * @size: the size of @text in bytes; DFLRES_SENTENCE_MAX is enough unless @path is
 *	  very long: what does not fit is cut
 *
 * Return: 0; -EINVAL if the file is not as said above; -EFBIG if it has more than
 * 16 MiB; -EISDIR; or another error of open(2) or read(2).
 * Since: 0.2
 */
int dflres_regmap_open(struct dflres_regmap **map, const char *path, char *text,
		       size_t size);

/**
 * dflres_regmap_close - forget the registers
 *
 * Since: 0.2
 */
void dflres_regmap_close(struct dflres_regmap *map);

/**
 * dflres_regmap_count - how many registers and fields there are
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
 * Return: it; the map's.
 * Since: 0.2
 */
const struct dflres_register *
dflres_regmap_entry(const struct dflres_regmap *map, size_t index);

/**
 * dflres_regmap_find - the register or the field of a name
 * @map: the registers
 * @name: "CTRL", "CTRL.ENABLE", ...
 *
 * Return: it, the map's; NULL if there is none.
 * Since: 0.2
 */
const struct dflres_register *
dflres_regmap_find(const struct dflres_regmap *map, const char *name);

/* ---- interrupts ---- */

struct dflres_irq;

/*
 * Look on only: the interrupt's eventfd stays that of the process that uses the
 * claim. dflres_irq_fd() is then to be polled for POLLPRI.
 */
#define DFLRES_IRQ_WATCH	0x1u

/**
 * dflres_irq_open - open an interrupt of a claim
 * @irq: receives the interrupt, to be closed with dflres_irq_close()
 * @claim: the claim
 * @number: which one, from 0 to dflres_feature_num_irqs() - 1
 * @flags: DFLRES_IRQ_..., or 0
 *
 * Every interrupt from this call on is counted, and reported once by
 * dflres_irq_wait() or dflres_irq_take(), also those before the first of these
 * calls. Those between the claim and this call are only in dflres_irq_count().
 *
 * An interrupt has one eventfd: a second dflres_irq_open() of the same interrupt,
 * in this process or another one, takes the place of the first, which counts no
 * more. DFLRES_IRQ_WATCH takes no place.
 *
 * Return: 0; -ENOENT if the feature has no such interrupt; -ENODEV if the claim
 * has ended; -EACCES if this user may not use the claim's files; -EINVAL if a
 * flag is unknown.
 * Since: 0.1
 */
int dflres_irq_open(struct dflres_irq **irq, struct dflres_claim *claim,
		    unsigned int number, unsigned int flags);

/**
 * dflres_irq_close - close an interrupt
 *
 * No other object of the interrupt notices, nor does a copy in a child process.
 *
 * Since: 0.1
 */
void dflres_irq_close(struct dflres_irq *irq);

/**
 * dflres_irq_fd - a descriptor that is ready when there are interrupts to take
 *
 * An eventfd, for poll(2) with POLLIN, or with DFLRES_IRQ_WATCH a file for poll
 * with POLLPRI: dflres_irq_events() has the right one. dflres_irq_take() ends
 * the readiness. The eventfd does not tell of the end of the claim: poll
 * dflres_claim_end_fd() as well.
 *
 * Return: the descriptor; the interrupt's.
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
 * dflres_irq_take - how many interrupts there have been since the last time
 * @irq: the interrupt
 * @count: receives the number, which can be 0, since the last dflres_irq_take()
 *	   or dflres_irq_wait() that was successful
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
 * Does not wait if there are interrupts that have not been taken. If several
 * threads wait, one of them gets it.
 *
 * Return: 0; -ETIMEDOUT if there was none; -EINTR; -ENODEV if there are none to
 * take and the claim has ended (with DFLRES_IRQ_WATCH also if there are).
 * Since: 0.1
 */
int dflres_irq_wait(struct dflres_irq *irq, int timeout, uint64_t *count);

/**
 * dflres_irq_count - how many interrupts there have been since the claim
 *
 * Takes nothing.
 *
 * Return: 0; -ENODEV if the claim has ended.
 * Since: 0.1
 */
int dflres_irq_count(const struct dflres_irq *irq, uint64_t *count);

/* ---- features by name, and why something was refused ---- */

/*
 * A feature is named in one of three ways:
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
 * feature that can be claimed: those that are busy, not given to this process
 * (-EROFS, -EACCES, -EPERM), not safe to hand out or gone are passed over.
 * Numbers are decimal, or hexadecimal with 0x.
 */

/**
 * dflres_select - open the feature that a name names
 * @feature: receives the feature, to be closed with dflres_feature_close()
 * @name: the name; with ":any" the first feature that could be claimed at this
 *	  moment. To claim one use dflres_claim_select(): somebody else may be
 *	  quicker.
 *
 * Return: 0; -EINVAL if @name is no name; -ENODEV or -ENOTDIR if there is no such
 * feature; -EXDEV if @name is a feature's directory `dflres` that is mounted away
 * from the feature; with ":any" also the errors of dflres_claim_open(), of the
 * feature that was nearest to be claimed: -EBUSY before -EAGAIN, then -EACCES,
 * -EPERM and -EROFS, then -ENXIO, then -ENOENT.
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
 * Each ":any" gets a feature of its own; with DFLRES_CLAIM_TAKE_OVER one that
 * nobody has is preferred to one that a driver has. No feature is kept while
 * another one is waited for, so that several processes can do this with the same
 * features and do not block each other. When one of them cannot be claimed, this
 * releases what it claimed before, also if the claims were to be lasting.
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
 * Known are the ids that the public registry of DFL feature ids and the headers
 * of Linux tell the meaning of.
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

/* Who owns a feature. Strings are "" where there is nothing to tell. */
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
 * @holder: receives who does
 *
 * The names of the process and of the user have a '?' in place of each character
 * that could do harm to a terminal or to the text around it.
 *
 * Return: 0; -ENOENT if the dflres module is not loaded (then too the driver is
 * told); -ENODEV if the feature is gone; -EIO if `owner` does not hold a word.
 * Since: 0.2
 */
int dflres_feature_holder(const struct dflres_feature *feature,
			  struct dflres_holder *holder);

/* What was to be done with a feature. */
enum dflres_operation {
	DFLRES_OPERATION_OPEN,		/* select or find it, read its values */
	DFLRES_OPERATION_CLAIM,
	DFLRES_OPERATION_TAKE_OVER,	/* claim with DFLRES_CLAIM_TAKE_OVER */
	DFLRES_OPERATION_RELEASE,
	DFLRES_OPERATION_ACCESS,	/* read or write registers */
	DFLRES_OPERATION_IRQ,		/* open or wait for an interrupt */
	DFLRES_OPERATION_WATCH,		/* watch its owner */
};

/* What always suffices for a sentence. */
#define DFLRES_SENTENCE_MAX 1024

/**
 * dflres_explain - why an operation on a feature was refused, for people
 * @feature: the feature
 * @operation: what was refused
 * @error: the negative errno that it was refused with
 * @text: receives one sentence in English, without a newline: what was refused,
 *	  who has the feature, and what to do next
 * @size: the size of @text in bytes
 *
 * Who has the feature is asked now, which may be later than the refusal. What is
 * advised is what this user may do, by programs that are installed with the
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
 * @error: the negative errno that it was refused with
 * @text: receives the sentence, as of dflres_explain()
 * @size: the size of @text in bytes
 *
 * Also says what is wrong with a name, and, of one with ":any", how many features
 * are busy and how many are not given to this process.
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
