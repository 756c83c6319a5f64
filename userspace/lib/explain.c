// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * One sentence about a refused operation: what failed, why or because of whom,
 * and what to do next.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

static const char *const verbs[] = {
	[DFLRES_OPERATION_OPEN] = "open",
	[DFLRES_OPERATION_CLAIM] = "claim",
	[DFLRES_OPERATION_TAKE_OVER] = "take over",
	[DFLRES_OPERATION_RELEASE] = "release",
	[DFLRES_OPERATION_ACCESS] = "access the registers of",
	[DFLRES_OPERATION_IRQ] = "wait for an interrupt of",
	[DFLRES_OPERATION_WATCH] = "watch",
};

/* The operation to explain, and the sentence so far. */
struct refusal {
	enum dflres_operation operation;
	const struct dflres_feature *feature;
	char *text;
	size_t size;
	int length;		/* includes what did not fit */
};

__attribute__((format(printf, 2, 3)))
static void say(struct refusal *refusal, const char *format, ...)
{
	size_t used = (size_t)refusal->length;
	va_list args;

	if (used > refusal->size)
		used = refusal->size;
	va_start(args, format);
	refusal->length += vsnprintf(refusal->text + used,
				     refusal->size - used, format, args);
	va_end(args);
}

static bool is_claim(const struct refusal *refusal)
{
	return refusal->operation == DFLRES_OPERATION_CLAIM ||
	       refusal->operation == DFLRES_OPERATION_TAKE_OVER;
}

/* A module before 0.2 does not say. */
static bool is_lasting(const struct dflres_feature *feature)
{
	bool leased;

	return !dflres_feature_leased(feature, &leased) && !leased;
}

/* "process 4711 (registers) of user alice has claimed it" */
static void say_claimer(struct refusal *refusal,
			const struct dflres_holder *holder)
{
	const char *user = *holder->user ? holder->user : "unknown";

	if (!holder->pid && is_lasting(refusal->feature))
		say(refusal, "user %s has a lasting claim on it", user);
	else if (!holder->pid)
		say(refusal,
		    "user %s has claimed it, by a process that is gone or in another pid namespace",
		    user);
	else if (*holder->command)
		say(refusal, "process %d (%s) of user %s has claimed it",
		    (int)holder->pid, holder->command, user);
	else
		say(refusal, "process %d of user %s has claimed it",
		    (int)holder->pid, user);
}

/* Advise only what this user may do. */
static void say_claimed(struct refusal *refusal,
			const struct dflres_holder *holder)
{
	const char *name = dflres_feature_name(refusal->feature);

	say_claimer(refusal, holder);
	say(refusal, "; wait for the release with dflres wait %s --owner none, or ",
	    name);
	if (!geteuid() || geteuid() == holder->uid)
		say(refusal, "release it with dflres release %s", name);
	else
		say(refusal, "ask that user or root to release it");
}

static void say_driver(struct refusal *refusal,
		       const struct dflres_holder *holder)
{
	say(refusal, "%s%s is bound to it",
	    *holder->driver ? "the driver " : "a kernel driver", holder->driver);
	if (refusal->operation == DFLRES_OPERATION_TAKE_OVER)
		say(refusal, " and does not unbind; unload the driver's module");
	else if (refusal->operation == DFLRES_OPERATION_RELEASE)
		say(refusal, ", so there is no claim to release");
	else if (geteuid())
		say(refusal, "; only root can take it over");
	else
		say(refusal,
		    "; take it over (--take-over, DFLRES_CLAIM_TAKE_OVER): the driver gets it back when the claim ends, or, from a lasting claim, by dflres release --to-kernel");
}

static void say_busy(struct refusal *refusal)
{
	struct dflres_holder holder;

	if (dflres_feature_holder(refusal->feature, &holder))
		say(refusal, "it is in use; see dflres info %s",
		    dflres_feature_name(refusal->feature));
	else if (holder.owner == DFLRES_OWNER_KERNEL)
		say_driver(refusal, &holder);
	else if (holder.owner == DFLRES_OWNER_USER)
		say_claimed(refusal, &holder);
	else if (holder.owner == DFLRES_OWNER_NONE)
		say(refusal,
		    "it has no owner, but another driver uses one of its interrupts (see /proc/interrupts), or it was released just now; try again");
	else
		say(refusal, "its owner is '%s', which this version does not know",
		    holder.word);
}

/*
 * A kernel without the file has no lockdown. The file describes the whole
 * system; the library reads it only to choose the words.
 */
static bool is_locked_down(void)
{
	char modes[256];
	ssize_t length;
	int fd;

	fd = open("/sys/kernel/security/lockdown", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	length = read(fd, modes, sizeof(modes) - 1);
	close(fd);
	if (length < 0)
		return false;
	modes[length] = '\0';
	return strstr(modes, "[integrity]") ||
	       strstr(modes, "[confidentiality]");
}

/* Whether a module with require_iommu refuses this kind of DMA. */
static bool is_unconfined(const char *dma)
{
	return strcmp(dma, "off") && strcmp(dma, "blocked") &&
	       strcmp(dma, "translated");
}

static void say_forbidden(struct refusal *refusal)
{
	const struct dflres_feature *feature = refusal->feature;
	struct dflres_holder holder;
	char dma[32];

	if (refusal->operation == DFLRES_OPERATION_RELEASE) {
		if (!dflres_feature_holder(feature, &holder) &&
		    holder.owner == DFLRES_OWNER_USER) {
			say_claimer(refusal, &holder);
			say(refusal, "; only that user and root can release it");
		} else {
			say(refusal,
			    "this user has no claim on it, and only root can offer it to the kernel's drivers");
		}
	} else if (is_locked_down()) {
		say(refusal,
		    "the kernel is locked down (see kernel_lockdown(7)); boot without Secure Boot or lockdown= to use registers");
	} else if (is_claim(refusal) &&
		   !dflres_feature_attribute(feature, "dma", dma, sizeof(dma)) &&
		   is_unconfined(dma)) {
		say(refusal,
		    "the dflres module requires an IOMMU, and the card's DMA is %s; switch the IOMMU on%s or load the module without require_iommu",
		    dma, strcmp(dma, "weak") ? "" :
		    ", with interrupt remapping and without ATS,");
	} else {
		say(refusal,
		    "a kernel policy forbids it; see kernel_lockdown(7), and require_iommu in dflres(4)");
	}
}

/* Whether mode and owner of the file that the operation needs allow it. */
static bool mode_allows(const struct refusal *refusal)
{
	static const char *const files[] = {
		[DFLRES_OPERATION_CLAIM] = "dflres/lease",
		[DFLRES_OPERATION_TAKE_OVER] = "dflres/lease",
		[DFLRES_OPERATION_RELEASE] = "dflres/owner",
		[DFLRES_OPERATION_ACCESS] = "dflres/resource0",
		[DFLRES_OPERATION_IRQ] = "dflres/resource0",
	};
	const size_t known = sizeof(files) / sizeof(*files);

	/* the driver's files belong to root, whoever owns the feature's */
	if (refusal->operation == DFLRES_OPERATION_TAKE_OVER && geteuid())
		return false;
	return (size_t)refusal->operation < known &&
	       files[refusal->operation] &&
	       dflres_module_access(refusal->feature, files[refusal->operation]);
}

static void say_denied(struct refusal *refusal)
{
	const char *path = dflres_feature_path(refusal->feature);

	if (mode_allows(refusal))
		say(refusal,
		    "a security policy, such as AppArmor or SELinux, denies this process %s/dflres; look for it in the kernel log, and ask the administrator to allow it",
		    path);
	else if (!geteuid())
		say(refusal,
		    "this process is root only in a user namespace, and may not write to the files in %s/dflres; ask root outside of it to set their group and mode",
		    path);
	else if (refusal->operation == DFLRES_OPERATION_TAKE_OVER)
		say(refusal,
		    "you may not write to %s/dflres or to its driver's files; run this as root",
		    path);
	else
		say(refusal,
		    "you may not write to the files in %s/dflres; run this as root, or ask root for dflres keep --user NAME %s, or to be added to the group dfl (then log in again)",
		    path, dflres_feature_name(refusal->feature));
}

static void say_no_access(struct refusal *refusal)
{
	struct dflres_holder holder;

	if (!is_claim(refusal) &&
	    refusal->operation != DFLRES_OPERATION_RELEASE && geteuid() &&
	    !dflres_feature_holder(refusal->feature, &holder) &&
	    holder.owner == DFLRES_OWNER_USER && holder.uid != geteuid()) {
		say_claimer(refusal, &holder);
		say(refusal, ", and only that user may use its files");
	} else {
		say_denied(refusal);
	}
}

static void say_unsafe(struct refusal *refusal)
{
	static const struct { const char *word, *reason; } reasons[] = {
		{ "outside-bar", "its registers do not lie inside one BAR of the card; correct the card's image" },
		{ "overlap", "its registers overlap something else on the card; correct the card's image" },
		{ "msix", "its registers overlap the card's MSI-X table, so it is not safe to hand out; correct the card's image" },
		{ "no-card", "it is not on a PCI card, and the dflres module supports only those" },
	};
	char word[32] = "";

	dflres_feature_attribute(refusal->feature, "claimable", word, sizeof(word));
	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++) {
		if (!strcmp(word, reasons[i].word)) {
			say(refusal, "%s", reasons[i].reason);
			return;
		}
	}
	if (*word && strcmp(word, "yes"))
		say(refusal, "the dflres module says that it is not claimable: %s",
		    word);
	else
		say(refusal,
		    "its registers overlap something else on the card, or lie outside of it, so it is not safe to hand out; correct the card's image");
}

static void say_not_given(struct refusal *refusal)
{
	const char *path = dflres_feature_path(refusal->feature);
	char given[DFLRES_GIVEN_MAX];

	if (dflres_given_path(refusal->feature, given, sizeof(given)))
		strcpy(given, "/run/dfl");
	say(refusal,
	    "this container or service was not given it: %s/dflres is read-only here; mount that read-write at %s in the container, as --device does (see dflres cdi), or name it in the service's ReadWritePaths=",
	    path, given);
}

static void say_gone(struct refusal *refusal)
{
	if (refusal->operation == DFLRES_OPERATION_ACCESS ||
	    refusal->operation == DFLRES_OPERATION_IRQ)
		say(refusal,
		    "the claim has ended: somebody released it, or the feature is gone");
	else
		say(refusal, "it is gone; see dflres list");
}

static void say_reason(struct refusal *refusal, int error)
{
	char name[64];

	switch (error) {
	case -EBUSY:
		say_busy(refusal);
		break;
	case -ETIMEDOUT:
		if (is_claim(refusal))
			say_busy(refusal);
		else
			say(refusal, "it did not happen in time");
		break;
	case -EAGAIN:
		say(refusal, "it is still being set up, or the system is being suspended; try again, or wait with --timeout");
		break;
	case -EACCES:
		say_no_access(refusal);
		break;
	case -EROFS:
		say_not_given(refusal);
		break;
	case -EPERM:
		say_forbidden(refusal);
		break;
	case -ENXIO:
		say_unsafe(refusal);
		break;
	case -ENOENT:
		say(refusal, "the dflres module is not loaded; load it with modprobe dflres");
		break;
	case -ENODEV:
		say_gone(refusal);
		break;
	default:
		say(refusal, "%s", strerror_r(-error, name, sizeof(name)));
	}
}

DFLRES_API int dflres_explain(const struct dflres_feature *feature,
			      enum dflres_operation operation, int error,
			      char *text, size_t size)
{
	struct refusal refusal = {
		.operation = operation,
		.feature = feature,
		.text = text,
		.size = size,
	};
	/* this version has no word for an operation of a later one */
	const size_t known = sizeof(verbs) / sizeof(*verbs);

	say(&refusal, "cannot %s %s: ",
	    (size_t)operation < known ? verbs[operation] : "use",
	    dflres_feature_name(feature));
	say_reason(&refusal, error);
	say(&refusal, ".");
	return refusal.length;
}
