// SPDX-License-Identifier: GPL-2.0
/*
 * Why something was refused, in one sentence: what, who holds the feature, and
 * what to do next.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

#define SENTENCE_MAX 512

static const char * const refusals[] = {
	[OPERATION_FIND] = "cannot be opened",
	[OPERATION_CLAIM] = "cannot be claimed",
	[OPERATION_TAKE_OVER] = "cannot be taken over",
	[OPERATION_RELEASE] = "cannot be released",
	[OPERATION_ACCESS] = "has registers that cannot be accessed",
	[OPERATION_IRQ] = "has an interrupt that cannot be waited for",
	[OPERATION_WATCH] = "cannot be watched",
};

static bool claims(enum operation operation)
{
	return operation == OPERATION_CLAIM ||
	       operation == OPERATION_TAKE_OVER;
}

/* "process 4711 (registers) of user alice has claimed it" */
static void name_claimer(const struct who *who, char text[SENTENCE_MAX])
{
	const char *user = who->has_uid ? who->user : "unknown";

	if (!who->pid)
		snprintf(text, SENTENCE_MAX,
			 "user %s has claimed it, by a process that is gone or in another pid namespace",
			 user);
	else if (*who->command)
		snprintf(text, SENTENCE_MAX,
			 "process %d (%s) of user %s has claimed it",
			 (int)who->pid, who->command, user);
	else
		snprintf(text, SENTENCE_MAX,
			 "process %d of user %s has claimed it",
			 (int)who->pid, user);
}

static void explain_driver(enum operation operation, const struct who *who,
			   char text[SENTENCE_MAX])
{
	const char *driver = *who->driver ? who->driver : "of the kernel";

	if (operation == OPERATION_TAKE_OVER)
		snprintf(text, SENTENCE_MAX,
			 "the driver %s has it and does not let go; unload the driver's module",
			 driver);
	else if (operation == OPERATION_RELEASE)
		snprintf(text, SENTENCE_MAX,
			 "the driver %s has it, so that there is no claim to end",
			 driver);
	else
		snprintf(text, SENTENCE_MAX,
			 "the driver %s has it; --take-over takes it from the driver, and gives it back at the end of the claim",
			 driver);
}

static void explain_busy(enum operation operation,
			 const struct dflres_feature *feature,
			 char text[SENTENCE_MAX])
{
	const char *name = dflres_feature_name(feature);
	struct who who;
	size_t length;

	if (find_who(feature, &who) || who.owner == DFLRES_OWNER_UNKNOWN) {
		snprintf(text, SENTENCE_MAX,
			 "somebody has it; see dflres info %s", name);
	} else if (who.owner == DFLRES_OWNER_KERNEL) {
		explain_driver(operation, &who, text);
	} else if (who.owner == DFLRES_OWNER_USER) {
		name_claimer(&who, text);
		length = strlen(text);
		snprintf(text + length, SENTENCE_MAX - length,
			 "; wait for its end with dflres wait %s --owner none, or end it with dflres release %s",
			 name, name);
	} else {
		snprintf(text, SENTENCE_MAX,
			 "nobody has it, but another driver has one of its interrupts (see /proc/interrupts), unless it was released just now; try again");
	}
}

/*
 * Whether the lockdown file says so; a kernel without the file has none. It is
 * of the whole system and no object of the library's, and it is only asked to
 * choose the words.
 */
static bool locked_down(void)
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

static void explain_perm(enum operation operation,
			 const struct dflres_feature *feature,
			 char text[SENTENCE_MAX])
{
	enum dflres_dma dma;
	struct who who;
	size_t length;

	if (operation == OPERATION_RELEASE && !find_who(feature, &who) &&
	    who.owner == DFLRES_OWNER_USER) {
		name_claimer(&who, text);
		length = strlen(text);
		snprintf(text + length, SENTENCE_MAX - length,
			 "; only that user and root can release it");
	} else if (locked_down()) {
		snprintf(text, SENTENCE_MAX,
			 "the kernel is locked down (see kernel_lockdown(7)); boot without Secure Boot or lockdown= to use registers");
	} else if (claims(operation) && !dflres_feature_dma(feature, &dma) &&
		   (dma == DFLRES_DMA_IDENTITY ||
		    dma == DFLRES_DMA_UNPROTECTED)) {
		snprintf(text, SENTENCE_MAX,
			 "the dflres module requires an IOMMU, and the card's DMA is %s; switch the IOMMU on or load the module without require_iommu",
			 dflres_dma_name(dma));
	} else {
		snprintf(text, SENTENCE_MAX,
			 "a policy of the kernel forbids it; see kernel_lockdown(7), and require_iommu in dflres(4)");
	}
}

static void explain_access(enum operation operation,
			   const struct dflres_feature *feature,
			   char text[SENTENCE_MAX])
{
	struct who who;
	size_t length;

	if (!claims(operation) && operation != OPERATION_RELEASE &&
	    !find_who(feature, &who) && who.owner == DFLRES_OWNER_USER) {
		name_claimer(&who, text);
		length = strlen(text);
		snprintf(text + length, SENTENCE_MAX - length,
			 ", and its files are that user's alone");
	} else if (operation == OPERATION_TAKE_OVER) {
		snprintf(text, SENTENCE_MAX,
			 "you may not write to %s/dflres or to its driver's files; run this as root",
			 dflres_feature_path(feature));
	} else {
		snprintf(text, SENTENCE_MAX,
			 "you may not write to the files in %s/dflres; run this as root, or let root set their group and mode",
			 dflres_feature_path(feature));
	}
}

enum exit_status explain(enum operation operation,
			 const struct dflres_feature *feature, int error)
{
	enum exit_status status = STATUS_FAILURE;
	char reason[SENTENCE_MAX];

	switch (error) {
	case -EBUSY:
		status = STATUS_BUSY;
		explain_busy(operation, feature, reason);
		break;
	case -ETIMEDOUT:
		/* a wait for something else than a free feature just ends */
		status = claims(operation) ? STATUS_BUSY : STATUS_FAILURE;
		if (claims(operation))
			explain_busy(operation, feature, reason);
		else
			strcpy(reason, "it has not happened in time");
		break;
	case -EAGAIN:
		status = STATUS_BUSY;
		strcpy(reason, "it is still being set up, or the system is being suspended; try again, or wait with --timeout");
		break;
	case -EACCES:
		status = STATUS_REFUSED;
		explain_access(operation, feature, reason);
		break;
	case -EPERM:
		status = STATUS_REFUSED;
		explain_perm(operation, feature, reason);
		break;
	case -ENXIO:
		strcpy(reason, "its registers overlap with something else on the card, or lie outside of it, so that they are not safe to hand out; the card's image has to be corrected");
		break;
	case -ENOENT:
		strcpy(reason, "the dflres module is not loaded; load it with modprobe dflres");
		break;
	case -ENODEV:
		if (operation == OPERATION_ACCESS ||
		    operation == OPERATION_IRQ) {
			strcpy(reason, "the claim has ended: somebody released it, or the feature is gone");
			break;
		}
		status = STATUS_NOT_FOUND;
		strcpy(reason, "it is gone; see dflres list");
		break;
	default:
		snprintf(reason, sizeof(reason), "%s", strerror(-error));
	}
	complain("%s %s: %s.", dflres_feature_name(feature),
		 refusals[operation], reason);
	return status;
}

enum exit_status explain_list(int error)
{
	if (error == -ENOENT) {
		complain("there is no DFL bus (/sys/bus/dfl); load the driver of the card with modprobe dfl-pci, on a kernel that has CONFIG_FPGA_DFL.");
		return STATUS_NOT_FOUND;
	}
	complain("cannot list the features: %s.", strerror(-error));
	return STATUS_FAILURE;
}

enum exit_status explain_memory(void)
{
	complain("there is not enough memory.");
	return STATUS_FAILURE;
}
