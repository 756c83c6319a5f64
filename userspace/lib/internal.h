/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of libdflres share.
 *
 * Layers. Each file calls only those below it, or behind it on its line; the test
 * is tests/unit/layers.test:
 *
 *	regmap, regmap-json			the names of registers
 *	explain-name, explain			why something was refused
 *	any, epoll				many claims; a descriptor for event loops
 *	inline, access, regs, irq		what a claim gives access to
 *	claim, acquire				a claim
 *	selector, find				features by what they are
 *	refusal, given				what this process may claim
 *	holder, watch				the owner of a feature
 *	feature					one feature
 *	hotplug, discover			which features exist
 *	guard, sigbus				mappings that survive their end
 *	id, word, value, file, deadline		what files hold, and time
 */
#ifndef DFLRES_INTERNAL_H
#define DFLRES_INTERNAL_H

#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "dflres.h"

/* What libdflres.map exports; everything else is hidden. */
#define DFLRES_API __attribute__((visibility("default")))

/* No value of the ABI is as long: a longer one is damaged. */
#define DFLRES_VALUE_MAX 4096

/* 00000000:00:00.0: a domain has four digits, or more behind a VMD bridge. */
#define DFLRES_CARD_MAX 17

struct dflres_feature {
	int dir;		/* O_PATH */
	atomic_uint refs;	/* the opener's, and one for each claim */
	char card[DFLRES_CARD_MAX];
	const char *name;	/* the end of path */
	char path[];
};

struct dflres_claim {
	struct dflres_feature *feature;
	atomic_uint refs;	/* the opener's, and one for each user of fd */
	int fd;			/* resource0 */
	int lease;		/* the eventfd; -1: the claim is no lease */
	bool made;		/* this object made the claim */
	pid_t pid;		/* the process whose close releases; 0: none */
	enum dflres_release release_to;	/* what the close leaves */
};

/* deadline.c: one timeout over several waits */

/* When @timeout milliseconds are over; -1: never. */
int64_t dflres_deadline(int timeout);
/* In nanoseconds, as deadlines are. */
int64_t dflres_now(void);
/* poll(2): 0 if something is ready, -ETIMEDOUT, -EINTR, another -errno. */
int dflres_poll(struct pollfd *fds, nfds_t count, int64_t deadline);

/* file.c: files below a directory, each read or written in one piece */

/* Whether @dir is a device's directory, and the device is there. */
bool dflres_is_device(int dir);
/* Turn the errno of a file below the feature's directory @dir into one -errno. */
int dflres_file_error(int dir, int error);
/* One read from the beginning of @fd; the value without its newline. */
int dflres_fd_read(int fd, char value[DFLRES_VALUE_MAX]);
int dflres_fd_write(int fd, const char *text);
/* Close @fd, unless it is -1. */
void dflres_fd_close(int fd);
int dflres_file_read(int dir, const char *file, char value[DFLRES_VALUE_MAX]);
/* Below any directory: the bare errno. */
int dflres_file_put(int dir, const char *file, const char *text);
/* -ENODEV once the claim under which @fd was opened has ended. */
int dflres_fd_check(int fd);

/* value.c: the values in files of sysfs; -EIO: @text is not such a value */

/* @text is a number of @base, 10 or 16 with 0x, and nothing else. */
int dflres_parse_number(const char *text, int base, uint64_t max,
			uint64_t *number);
int dflres_parse_resource(const char *text, struct dflres_resource *resource);
/* The first lines of a card's file `resource`; its ROM and others follow. */
int dflres_parse_bars(char *lines, struct dflres_resource bars[DFLRES_BARS]);
bool dflres_is_pci_address(const char *s, size_t length);
bool dflres_is_guid(const char *text);
/* Store the PCI address of the card that @path leads through, or "". */
void dflres_find_card(const char *path, char card[DFLRES_CARD_MAX]);

/* word.c: the words of sysfs; -EIO: @word is not even an unknown word */

int dflres_parse_owner(const char *word, enum dflres_owner *owner);
int dflres_parse_claimable(const char *word, enum dflres_claimable *claimable);
int dflres_parse_dma(const char *word, enum dflres_dma *dma);

/* sigbus.c: the process's handler, under the lock of guard.c */

/* Whether the access that @info tells of can go on; called in the handler. */
typedef bool dflres_sigbus_mender(const siginfo_t *info);

/* @mend: the same each time */
int dflres_sigbus_install(dflres_sigbus_mender *mend);
void dflres_sigbus_uninstall(void);

/* guard.c: mappings whose end the program survives */

struct dflres_guard;

/*
 * Guard @length bytes at @base; *@error becomes -ENODEV when one is gone.
 * @with_handler: the library installs its own.
 */
int dflres_guard_add(struct dflres_guard **guard, volatile void *base,
		     size_t length, int *error, bool with_handler);
void dflres_guard_remove(struct dflres_guard *guard);

/* discover.c: which features exist; no other file knows where sysfs is */

/* The directory of feature @name on the bus, to be freed; -ENODEV. */
int dflres_discover_path(const char *name, char **path);
/* Keep the @count features at @indexes, each named once, in that order. */
int dflres_list_keep(struct dflres_list *list, const size_t *indexes,
		     size_t count);

/* hotplug.c */

/* Whether a message of the kernel says that a feature comes or goes. */
bool dflres_uevent_is_news(const char *message, size_t length);

/* feature.c */

/* @path has no symbolic links in it. */
int dflres_feature_open_path(struct dflres_feature **feature, const char *path);
struct dflres_feature *dflres_feature_get(const struct dflres_feature *feature);

#define DFLRES_KIND_MAX 32

/* The type and the id of @feature as files are named, such as "fme-0x30". */
int dflres_kind(const struct dflres_feature *feature, char *text, size_t size);

/* given.c: what this process has been given, /run/dfl/TYPE-ID/dfl_dev.N */

#define DFLRES_GIVEN_MAX 64

/* The path for @feature there, whether or not it exists. */
int dflres_given_path(const struct dflres_feature *feature, char *path,
		      size_t size);
/*
 * The feature whose files the directory @path holds: the feature's `dflres`, or a
 * mount of it, which only the feature's name tells from another; -EXDEV.
 */
int dflres_given_feature(struct dflres_feature **feature, const char *path);
/* Open @file, "dflres/...", with @flags: in /sys, or there if /sys is read-only or refuses. */
int dflres_module_file(const struct dflres_feature *feature, const char *file,
		       int flags);
/* Whether the mode of @file lets this process write to it. */
bool dflres_module_access(const struct dflres_feature *feature,
			  const char *file);

/* refusal.c */

/* The error that a claim would give now, as far as no claim is needed to tell. */
int dflres_would_refuse(const struct dflres_feature *feature);
/* Whether to try another feature after one was refused with @error. */
bool dflres_is_passed_over(int error);
/* The one of two such errors that tells more. */
int dflres_nearer(int one, int other);

/* selector.c: [CARD/]TYPE:ID[:INSTANCE|:any] */

struct dflres_selector {
	char card[DFLRES_CARD_MAX];	/* as it was given; "": any */
	int type, id;
	unsigned int instance;
	bool any;		/* ":any" in place of the instance */
	bool decimal;		/* the id was not hexadecimal */
};

/* Whether @name has the form of one; otherwise it is dfl_dev.N or a path. */
bool dflres_is_selector(const char *name);
int dflres_selector_parse(const char *text, struct dflres_selector *selector);
/* Those that match, in the order of instances. */
int dflres_selector_list(const struct dflres_selector *selector,
			 struct dflres_list **list);
int dflres_select_parsed(struct dflres_feature **feature,
			 const struct dflres_selector *selector);

/* acquire.c: claim the feature of @claim, or use the claim of this user */

int dflres_claim_acquire(struct dflres_claim *claim, unsigned int flags,
			 int64_t deadline);
int dflres_claim_open_registers(struct dflres_claim *claim);

/* claim.c */

/* This keeps the memory and the descriptor of a claim, not the claim itself. */
struct dflres_claim *dflres_claim_get(const struct dflres_claim *claim);
void dflres_claim_put(struct dflres_claim *claim);
/* Open @file, "dflres/..."; -ENODEV if @claim has ended, whoever has claimed since. */
int dflres_claim_file(const struct dflres_claim *claim, const char *file,
		      int flags);
/* As if @claim had never been opened, whatever kind of claim it is. */
void dflres_claim_undo(struct dflres_claim *claim);

/* regs.c */

/* Whether such an access is possible: -EINVAL or -ERANGE if not. */
int dflres_regs_check(const struct dflres_regs *regs, size_t offset,
		      unsigned int width);

#endif
