// SPDX-License-Identifier: GPL-2.0
/*
 * What the tool says when something is refused, and what it shows of changes:
 * a regular file never changes by itself, so the tests play the kernel.
 */
#include <config.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fixture.h"
#include "tool.h"
#include "unit.h"

static char complaint[1024];

/* In place of the one that writes to standard error. */
void complain(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(complaint, sizeof(complaint), format, args);
	va_end(args);
}

/* It is complained of to nobody else. */
void complain_to(FILE *file)
{
	(void)file;
}

int pretended_user = -1;

uid_t geteuid(void)
{
	return pretended_user < 0 ? (uid_t)syscall(SYS_geteuid) :
				    (uid_t)pretended_user;
}

/* Only root can give a file away. Who is not root has it, and passes for root. */
void give_to_another(const char *path)
{
	if (geteuid())
		pretended_user = 0;
	else
		ck_assert_int_eq(chown(path, 4711, 4711), 0);
}

/* ---- refusals ---- */

enum holder {
	NOBODY, DRIVER, NAMELESS_DRIVER, CLAIMER, GONE_CLAIMER, LASTING_CLAIMER,
	NEWER, UNKNOWN
};

static const struct refusal {
	enum dflres_operation operation;
	int error;
	enum holder holder;
	const char *lockdown;	/* NULL: the kernel has no such file */
	const char *dma;
	enum exit_status status;
	const char *says;	/* a pattern */
	bool by_user;		/* not by root */
	const char *lease;	/* NULL: there is no such file */
	const char *claimable;
} refusals[] = {
	{ DFLRES_OPERATION_CLAIM, -EBUSY, DRIVER, NULL, NULL, STATUS_BUSY,
	  .says = "cannot claim dfl_dev.0: the driver uio_dfl is bound to it; take it over (--take-over, DFLRES_CLAIM_TAKE_OVER): the driver gets it back when the claim ends, or, from a lasting claim, by dflres release --to-kernel." },
	{ DFLRES_OPERATION_CLAIM, -EBUSY, NAMELESS_DRIVER, NULL, NULL, STATUS_BUSY,
	  .says = "cannot claim dfl_dev.0: a kernel driver is bound to it; take it over (--take-over, *" },
	{ DFLRES_OPERATION_TAKE_OVER, -EBUSY, DRIVER, NULL, NULL, STATUS_BUSY,
	  .says = "cannot take over dfl_dev.0: the driver uio_dfl is bound to it and does not unbind; unload *" },
	{ DFLRES_OPERATION_RELEASE, -EBUSY, DRIVER, NULL, NULL, STATUS_BUSY,
	  .says = "cannot release dfl_dev.0: the driver uio_dfl is bound to it, so there is no claim to release." },
	{ DFLRES_OPERATION_CLAIM, -EBUSY, DRIVER, NULL, NULL, STATUS_BUSY,
	  .says = "cannot claim dfl_dev.0: the driver uio_dfl is bound to it; only root can take it over.",
	  .by_user = true },
	{ DFLRES_OPERATION_CLAIM, -EBUSY, NEWER, NULL, NULL, STATUS_BUSY,
	  .says = "cannot claim dfl_dev.0: its owner is 'guest', which this version does not know." },
	{ DFLRES_OPERATION_CLAIM, -EBUSY, CLAIMER, NULL, NULL, STATUS_BUSY,
	  .says = "cannot claim dfl_dev.0: process [1-9]* (*) of user ?* has claimed it; wait for the release with dflres wait dfl_dev.0 --owner none, or ask that user or root to release it.",
	  .by_user = true },
	{ DFLRES_OPERATION_CLAIM, -EBUSY, LASTING_CLAIMER, NULL, NULL, STATUS_BUSY,
	  .says = "cannot claim dfl_dev.0: user ?* has a lasting claim on it; wait *, or release it with dflres release dfl_dev.0.",
	  .lease = "0\n" },
	{ DFLRES_OPERATION_CLAIM, -EBUSY, LASTING_CLAIMER, NULL, NULL, STATUS_BUSY,
	  .says = "cannot claim dfl_dev.0: user ?* has claimed it, by a process that is gone or in another pid namespace; wait *",
	  .lease = "1\n" },
	{ DFLRES_OPERATION_CLAIM, -EBUSY, CLAIMER, NULL, NULL, STATUS_BUSY,
	  .says = "cannot claim dfl_dev.0: process [1-9]* (*) of user ?* has claimed it; wait for the release with dflres wait dfl_dev.0 --owner none, or release it with dflres release dfl_dev.0." },
	{ DFLRES_OPERATION_CLAIM, -EBUSY, GONE_CLAIMER, NULL, NULL, STATUS_BUSY,
	  .says = "cannot claim dfl_dev.0: user unknown has claimed it, by a process that is gone or in another pid namespace; wait *" },
	{ DFLRES_OPERATION_CLAIM, -EBUSY, NOBODY, NULL, NULL, STATUS_BUSY,
	  .says = "cannot claim dfl_dev.0: it has no owner, but another driver uses one of its interrupts *; try again." },
	{ DFLRES_OPERATION_CLAIM, -EBUSY, UNKNOWN, NULL, NULL, STATUS_BUSY,
	  .says = "cannot claim dfl_dev.0: it is in use; see dflres info dfl_dev.0." },
	{ DFLRES_OPERATION_CLAIM, -ETIMEDOUT, DRIVER, NULL, NULL, STATUS_TIMEOUT,
	  .says = "cannot claim dfl_dev.0: the driver uio_dfl is bound to it; *" },
	{ DFLRES_OPERATION_WATCH, -ETIMEDOUT, NOBODY, NULL, NULL, STATUS_TIMEOUT,
	  .says = "cannot watch dfl_dev.0: it did not happen in time." },
	{ DFLRES_OPERATION_CLAIM, -EAGAIN, NOBODY, NULL, NULL, STATUS_BUSY,
	  .says = "cannot claim dfl_dev.0: it is still being set up, *; try again, or wait with --timeout." },
	{ DFLRES_OPERATION_ACCESS, -EACCES, CLAIMER, NULL, NULL, STATUS_REFUSED,
	  .says = "cannot access the registers of dfl_dev.0: process * has claimed it, and only that user may use its files.",
	  .by_user = true },
	{ DFLRES_OPERATION_ACCESS, -EACCES, CLAIMER, NULL, NULL, STATUS_REFUSED,
	  .says = "cannot access the registers of dfl_dev.0: a security policy, such as AppArmor or SELinux, denies this process /*/dfl_dev.0/dflres; *" },
	{ DFLRES_OPERATION_CLAIM, -EACCES, NOBODY, NULL, NULL, STATUS_REFUSED,
	  .says = "cannot claim dfl_dev.0: a security policy, such as AppArmor or SELinux, denies this process /*/dfl_dev.0/dflres; *",
	  .lease = "0\n" },
	{ DFLRES_OPERATION_CLAIM, -EACCES, NOBODY, NULL, NULL, STATUS_REFUSED,
	  .says = "cannot claim dfl_dev.0: a security policy, *", .by_user = true, .lease = "0\n" },
	{ DFLRES_OPERATION_CLAIM, -EACCES, NOBODY, NULL, NULL, STATUS_REFUSED,
	  .says = "cannot claim dfl_dev.0: this process is root only in a user namespace, *; ask root outside of it to set *" },
	{ DFLRES_OPERATION_CLAIM, -EROFS, NOBODY, NULL, NULL, STATUS_REFUSED,
	  .says = "cannot claim dfl_dev.0: this container or service was not given it: /*/dfl_dev.0/dflres is read-only here; *ReadWritePaths=*" },
	{ DFLRES_OPERATION_ACCESS, -EROFS, CLAIMER, NULL, NULL, STATUS_REFUSED,
	  .says = "cannot access the registers of dfl_dev.0: this container or service was not given it: *" },
	{ DFLRES_OPERATION_CLAIM, -EACCES, NOBODY, NULL, NULL, STATUS_REFUSED,
	  .says = "cannot claim dfl_dev.0: you may not write to the files in /*/dfl_dev.0/dflres; run this as root, or ask root for dflres keep --user NAME dfl_dev.0, or to be added to the group dfl (then log in again).",
	  .by_user = true },
	{ DFLRES_OPERATION_TAKE_OVER, -EACCES, DRIVER, NULL, NULL, STATUS_REFUSED,
	  .says = "cannot take over dfl_dev.0: you may not write to /*/dfl_dev.0/dflres or to its driver's files; run this as root.",
	  .by_user = true, .lease = "0\n" },
	{ DFLRES_OPERATION_RELEASE, -EPERM, CLAIMER, NULL, NULL, STATUS_REFUSED,
	  .says = "cannot release dfl_dev.0: process * has claimed it; only that user and root can release it." },
	{ DFLRES_OPERATION_RELEASE, -EPERM, NOBODY, NULL, NULL, STATUS_REFUSED,
	  .says = "cannot release dfl_dev.0: this user has no claim on it, and only root *" },
	{ DFLRES_OPERATION_CLAIM, -EPERM, NOBODY, "none [integrity] confidentiality\n", "identity\n",
	  STATUS_REFUSED, .says = "cannot claim dfl_dev.0: the kernel is locked down *; boot without *" },
	{ DFLRES_OPERATION_CLAIM, -EPERM, NOBODY, "none integrity [confidentiality]\n", "identity\n",
	  STATUS_REFUSED, .says = "cannot claim dfl_dev.0: the kernel is locked down *" },
	{ DFLRES_OPERATION_CLAIM, -EPERM, NOBODY, "[none] integrity confidentiality\n", "identity\n",
	  STATUS_REFUSED, .says = "cannot claim dfl_dev.0: the dflres module requires an IOMMU, and the card's DMA is identity; switch *" },
	{ DFLRES_OPERATION_TAKE_OVER, -EPERM, DRIVER, NULL, "unprotected\n", STATUS_REFUSED,
	  .says = "cannot take over dfl_dev.0: the dflres module requires an IOMMU, and the card's DMA is unprotected; *" },
	{ DFLRES_OPERATION_CLAIM, -EPERM, NOBODY, NULL, "weak\n", STATUS_REFUSED,
	  .says = "cannot claim dfl_dev.0: the dflres module requires an IOMMU, and the card's DMA is weak; switch the IOMMU on, with interrupt remapping and without ATS, *" },
	{ DFLRES_OPERATION_CLAIM, -EPERM, NOBODY, NULL, "translated\n", STATUS_REFUSED,
	  .says = "cannot claim dfl_dev.0: a kernel policy forbids it; see *" },
	{ DFLRES_OPERATION_ACCESS, -EPERM, NOBODY, NULL, "identity\n", STATUS_REFUSED,
	  .says = "cannot access the registers of dfl_dev.0: a kernel policy forbids it; see *" },
	{ DFLRES_OPERATION_CLAIM, -ENXIO, NOBODY, NULL, NULL, STATUS_FAILURE,
	  .says = "cannot claim dfl_dev.0: its registers overlap *, or lie outside of it, *; correct the card's image." },
	{ DFLRES_OPERATION_CLAIM, -ENXIO, NOBODY, NULL, NULL, STATUS_FAILURE,
	  .says = "cannot claim dfl_dev.0: its registers overlap something else on the card; *",
	  .claimable = "overlap\n" },
	{ DFLRES_OPERATION_CLAIM, -ENXIO, NOBODY, NULL, NULL, STATUS_FAILURE,
	  .says = "cannot claim dfl_dev.0: its registers do not lie inside one BAR of the card; *",
	  .claimable = "outside-bar\n" },
	{ DFLRES_OPERATION_CLAIM, -ENXIO, NOBODY, NULL, NULL, STATUS_FAILURE,
	  .says = "cannot claim dfl_dev.0: its registers overlap the card's MSI-X table, *",
	  .claimable = "msix\n" },
	{ DFLRES_OPERATION_CLAIM, -ENXIO, NOBODY, NULL, NULL, STATUS_FAILURE,
	  .says = "cannot claim dfl_dev.0: it is not on a PCI card, *",
	  .claimable = "no-card\n" },
	{ DFLRES_OPERATION_CLAIM, -ENXIO, NOBODY, NULL, NULL, STATUS_FAILURE,
	  .says = "cannot claim dfl_dev.0: the dflres module says that it is not claimable: encrypted.",
	  .claimable = "encrypted\n" },
	{ DFLRES_OPERATION_OPEN, -ENOENT, NOBODY, NULL, NULL, STATUS_FAILURE,
	  .says = "cannot open dfl_dev.0: the dflres module is not loaded; *" },
	{ DFLRES_OPERATION_ACCESS, -ENODEV, NOBODY, NULL, NULL, STATUS_FAILURE,
	  .says = "cannot access the registers of dfl_dev.0: the claim has ended: *" },
	{ DFLRES_OPERATION_IRQ, -ENODEV, NOBODY, NULL, NULL, STATUS_FAILURE,
	  .says = "cannot wait for an interrupt of dfl_dev.0: the claim has ended: *" },
	{ DFLRES_OPERATION_WATCH, -ENODEV, NOBODY, NULL, NULL, STATUS_NOT_FOUND,
	  .says = "cannot watch dfl_dev.0: it is gone; see dflres list." },
	{ DFLRES_OPERATION_OPEN, -EIO, NOBODY, NULL, NULL, STATUS_FAILURE,
	  .says = "cannot open dfl_dev.0: Input/output error." },
};

static struct dflres_feature *open_held(enum holder holder)
{
	struct fixture_feature held = plain_feature;
	char pid[16];

	held.owner = holder == CLAIMER || holder == GONE_CLAIMER ||
		     holder == LASTING_CLAIMER ? "user\n" :
		     holder == NOBODY ? "none\n" :
		     holder == NEWER ? "guest\n" :
		     holder == UNKNOWN ? "no word\n" : "kernel\n";
	if (holder == DRIVER)
		held.driver = "uio_dfl";
	snprintf(pid, sizeof(pid), "%d\n", holder == CLAIMER ? getpid() : 0);
	held.owner_pid = pid;
	add_feature(&held);
	if (holder == CLAIMER || holder == LASTING_CLAIMER)
		set_file(0, "dflres/resource0", "");
	return open_only();
}

START_TEST(refusal_says_what_to_do)
{
	const struct refusal *refusal = &refusals[_i];
	struct dflres_feature *feature = open_held(refusal->holder);

	if (refusal->lockdown)
		put("lockdown", refusal->lockdown, strlen(refusal->lockdown));
	if (refusal->dma)
		set_file(0, "dflres/dma", refusal->dma);
	if (refusal->lease)
		set_file(0, "dflres/lease", refusal->lease);
	if (refusal->claimable)
		set_file(0, "dflres/claimable", refusal->claimable);
	pretended_user = refusal->by_user ? 4711 : 0;
	ck_assert_int_eq(explain(refusal->operation, feature, refusal->error),
			 refusal->status);
	ck_assert_msg(!fnmatch(refusal->says, complaint, 0), "%s", complaint);
	dflres_feature_close(feature);
}
END_TEST

START_TEST(error_of_a_list_says_what_to_do)
{
	ck_assert_int_eq(explain_list(-ENOENT), STATUS_NOT_FOUND);
	ck_assert_ptr_nonnull(strstr(complaint, "modprobe dfl-pci"));
	ck_assert_int_eq(explain_list(-EACCES), STATUS_FAILURE);
	ck_assert_str_eq(complaint, "cannot list the features: Permission denied.");
	ck_assert_int_eq(explain_memory(), STATUS_FAILURE);
}
END_TEST

static int always_busy(const char *file, const char *text)
{
	(void)file;
	(void)text;
	return -EBUSY;
}

/* A claim of another user is not used, not even by root. */
START_TEST(claim_of_another_user_is_busy)
{
	const struct options options = { .timeout = -1 };
	struct dflres_feature *feature = open_held(CLAIMER);
	struct dflres_claim *claim;
	char path[256], says[128];
	struct dflres_holder holder;

	set_file(0, "dflres/lease", "0\n");
	kernel = always_busy;
	snprintf(path, sizeof(path), "%s/dflres/resource0",
		 dflres_feature_path(feature));
	give_to_another(path);
	ck_assert_int_eq(get_access(&claim, "dfl_dev.0", &options),
			 STATUS_BUSY);
	ck_assert_int_eq(dflres_feature_holder(feature, &holder), 0);
	ck_assert_uint_ne(holder.uid, 0);
	snprintf(says, sizeof(says), " of user %s has claimed it", holder.user);
	ck_assert_ptr_nonnull(strstr(complaint, says));
	dflres_feature_close(feature);
}
END_TEST

/* What is refused is not a claim: there is one. */
START_TEST(own_claim_that_cannot_be_used)
{
	const struct options options = { .timeout = -1 };
	struct dflres_feature *feature = open_held(CLAIMER);
	struct dflres_claim *claim;

	closed_feature = 0;
	closed_file = "dflres/resource0";
	closed_error = EROFS;
	ck_assert_int_eq(get_access(&claim, "dfl_dev.0", &options),
			 STATUS_REFUSED);
	ck_assert_mem_eq(complaint, "cannot access the registers of dfl_dev.0: this container or ", 60);
	dflres_feature_close(feature);
}
END_TEST

/* What does not fit is cut, and how long it would be is told. */
START_TEST(sentence_that_is_cut)
{
	struct dflres_feature *feature = open_plain();
	char whole[DFLRES_SENTENCE_MAX], part[24] = "";
	int length;

	length = dflres_explain(feature, DFLRES_OPERATION_WATCH, -ENODEV, whole,
				sizeof(whole));
	ck_assert_int_eq(length, (int)strlen(whole));
	for (size_t size = 1; size <= sizeof(part); size++) {
		ck_assert_int_eq(dflres_explain(feature, DFLRES_OPERATION_WATCH,
						-ENODEV, part, size), length);
		ck_assert_uint_eq(strlen(part), size - 1);
		ck_assert_mem_eq(part, whole, size - 1);
	}
	dflres_feature_close(feature);
}
END_TEST

/* ---- changes ---- */

/* What is printed goes to memory from begin_output() to end_output(). */
static char *output;
static FILE *standard_output;

static void begin_output(void)
{
	static size_t size;

	setenv("NO_COLOR", "1", 1);
	standard_output = stdout;
	stdout = open_memstream(&output, &size);
	ck_assert_ptr_nonnull(stdout);
}

static void end_output(void)
{
	fclose(stdout);
	stdout = standard_output;
}

/* Each line begins with the time, which is not compared, as who runs this. */
static void ck_assert_lines(const char *first, const char *expected)
{
	char lines[1024] = "";
	char *line = strtok(output, "\n");

	ck_assert_ptr_nonnull(line);
	ck_assert_ptr_nonnull(strstr(line, first));
	while ((line = strtok(NULL, "\n"))) {
		ck_assert_uint_gt(strlen(line), 26);
		strcat(lines, line + 26);
		strcat(lines, "\n");
	}
	ck_assert_str_eq(lines, expected);
}

static int changes;

static void set_ready(struct pollfd *fds, nfds_t count, short events)
{
	for (nfds_t i = 0; i < count; i++)
		fds[i].revents = fds[i].fd >= 0 ? events : 0;
}

/* The story of a claim: two interrupts, its end, a driver, the card's end. */
static int story(struct pollfd *fds, nfds_t count, int timeout)
{
	ck_assert_int_eq(timeout, -1);
	set_ready(fds, count, 0);
	switch (changes++) {
	case 0:
		/* the bus, the owner, and the one interrupt that opens */
		ck_assert_uint_eq(count, 3);
		set_file(0, "dflres/irq1", "7\n");
		fds[2].revents = POLLPRI;
		break;
	case 1:
		set_file(0, "dflres/irq1", "8\n");
		set_file(0, "dflres/owner", "none\n");
		set_ready(fds, count, POLLPRI);
		break;
	case 2:
		ck_assert_uint_eq(count, 2);
		set_file(0, "dflres/owner", "kernel\n");
		fds[1].revents = POLLPRI;
		break;
	case 3:
		/* a read fails, as it does of a device that is gone */
		set_file(0, "dflres/owner", "");
		fds[1].revents = POLLPRI;
		break;
	default:
		ck_abort_msg("it waits on");
	}
	return 1;
}

static void add_claimed(void)
{
	struct dflres_claim *claim = claim_plain(64);

	dflres_claim_close(claim);
	set_file(0, "dflres/owner", "user\n");
	set_file(0, "dflres/owner_pid", "0\n");
	set_file(0, "dflres/num_irqs", "2\n");
	set_file(0, "dflres/irq1", "5\n");
}

/* The command runs to its end while @poll tells what happens; @output is the caller's to free. */
static void monitor(const struct options *options, const char *feature,
		    int (*poll)(struct pollfd *fds, nfds_t count, int timeout))
{
	char *operands[] = { (char *)feature, NULL };

	next_poll = poll;
	begin_output();
	ck_assert_int_eq(command_monitor.run(options, feature ? 1 : 0, operands), STATUS_OK);
	end_output();
}

START_TEST(monitor_shows_a_claim)
{
	const struct options options = { .timeout = -1 };

	add_claimed();
	monitor(&options, "dfl_dev.0", story);
	ck_assert_lines("dfl_dev.0  owner  user  ", "dfl_dev.0  interrupt  1  2\n"
			"dfl_dev.0  interrupt  1  1\n"
			"dfl_dev.0  owner  none  -\n"
			"dfl_dev.0  owner  kernel  -\n"
			"dfl_dev.0  gone\n");
	free(output);
}
END_TEST

/* It ends in the middle of what one wait has found: the owner is not told. */
START_TEST(monitor_ends_after_so_many_events)
{
	const struct options options = {
		.given = TAKES_EVENTS, .count = 2, .timeout = -1,
	};

	add_claimed();
	monitor(&options, "dfl_dev.0", story);
	ck_assert_lines("dfl_dev.0  owner  user  ", "dfl_dev.0  interrupt  1  2\n"
			"dfl_dev.0  interrupt  1  1\n");
	ck_assert_int_eq(changes, 2);
	free(output);
}
END_TEST

static int waits[4];

/* 100 s go by, for the tool: whatever the machine has to do besides is far less. */
static void let_time_pass(void)
{
	setenv("DFLRES_TEST_TICK", "100000", 1);
	clock_now();
	unsetenv("DFLRES_TEST_TICK");
}

/* Two changes, each after 100 s, and then nothing. */
static int two_changes(struct pollfd *fds, nfds_t count, int timeout)
{
	ck_assert_int_lt(changes, LENGTH(waits));
	waits[changes++] = timeout;
	if (changes > 2)
		return 0;
	let_time_pass();
	set_file(0, "dflres/owner", changes == 1 ? "kernel\n" : "none\n");
	set_ready(fds, count, POLLPRI);
	return 1;
}

/* Each change begins the time anew, but not that for all of it. */
START_TEST(monitor_ends_when_nothing_happens)
{
	const struct options options = {
		.given = TAKES_IDLE_TIMEOUT | TAKES_TIMEOUT,
		.idle_timeout = 500000, .timeout = 650000,
	};

	add_plain(0);
	monitor(&options, "dfl_dev.0", two_changes);
	ck_assert_lines("dfl_dev.0  owner  none  ", "dfl_dev.0  owner  kernel  -\n"
			"dfl_dev.0  owner  none  -\n");
	ck_assert_int_eq(changes, 3);
	ck_assert_int_gt(waits[0], 440000);
	/* not what was left of the first time, 400 s */
	ck_assert_int_gt(waits[1], 440000);
	/* the end of all of it comes first */
	ck_assert_int_le(waits[2], 450000);
	ck_assert_int_gt(waits[2], 390000);
	free(output);
}
END_TEST

static int no_poll(struct pollfd *fds, nfds_t count, int timeout)
{
	(void)fds;
	(void)count;
	(void)timeout;
	ck_abort_msg("it waits");
}

/* Whoever read it is gone, or the disk is full: there is nobody to wait for. */
START_TEST(monitor_ends_when_it_cannot_print)
{
	const struct options options = { .timeout = -1 };
	char *operands[] = { "dfl_dev.0", NULL };
	FILE *standard = stdout;

	add_plain(0);
	next_poll = no_poll;
	stdout = fopen("/dev/full", "we");
	ck_assert_ptr_nonnull(stdout);
	ck_assert_int_eq(command_monitor.run(&options, 1, operands), STATUS_OK);
	ck_assert(ferror(stdout));
	fclose(stdout);
	stdout = standard;
}
END_TEST

static bool driver_has_it;

static int driven(const char *file, const char *text)
{
	if (!strcmp(file, "unbind")) {
		driver_has_it = false;
		set_file(0, "dflres/owner", "none\n");
	} else if (!strcmp(file, "owner") && !strcmp(text, "user")) {
		if (driver_has_it)
			return -EBUSY;
		set_file(0, "dflres/owner", "user\n");
	}
	return 0;
}

/* The driver has it again, and what is said is said once. */
START_TEST(claim_that_cannot_be_told_ends)
{
	const struct options options = {
		.given = TAKES_TAKE_OVER, .timeout = -1,
	};
	char *operands[] = { "fme:0x10:any", NULL };
	FILE *standard = stdout;
	char driver[PATH_MAX];

	add_plain(0);
	set_file(0, "dflres/owner", _i ? "kernel\n" : "none\n");
	set_file(0, "dflres/resource0", "");
	put("bus/dfl/drivers/uio_dfl/unbind", "", 0);
	if (_i) {
		snprintf(driver, sizeof(driver),
			 "%s/bus/dfl/devices/dfl_dev.0/driver", fixture_root());
		ck_assert_int_eq(symlink("../../../../../../../../bus/dfl/drivers/uio_dfl", driver), 0);
	}
	driver_has_it = _i;
	kernel = driven;
	stdout = fopen("/dev/full", "we");
	ck_assert_ptr_nonnull(stdout);
	ck_assert_int_eq(command_claim.run(&options, 1, operands),
			 STATUS_FAILURE);
	ck_assert(!ferror(stdout));
	ck_assert_int_eq(fclose(stdout), 0);
	stdout = standard;
	ck_assert_str_eq(complaint, "cannot write the output: No space left on device.");
	ck_assert_str_eq(strrchr(kernel_log, '=') - 5, _i ? "owner=kernel " :
							    "owner=none ");
}
END_TEST

/* It is gone and back before anybody looks; what the bus said of it is long read. */
static int gone_and_back(struct pollfd *fds, nfds_t count, int timeout)
{
	ck_assert_int_eq(timeout, -1);
	ck_assert_int_eq(changes++, 0);
	set_ready(fds, count, 0);
	/* a read fails, as it does of a device that is gone */
	set_file(0, "dflres/owner", "");
	remove_file(0, "dflres/owner");
	remove_feature(0);
	add_plain(0);
	fds[1].revents = POLLPRI;
	return 1;
}

START_TEST(monitor_sees_what_comes_back_at_once)
{
	const struct options options = {
		.given = TAKES_EVENTS, .count = 2, .timeout = -1,
	};

	add_plain(0);
	monitor(&options, NULL, gone_and_back);
	ck_assert_lines("dfl_dev.0  owner  none  ", "dfl_dev.0  gone\n"
			"dfl_dev.0  new  none  -\n");
	free(output);
}
END_TEST

static int failing_poll(struct pollfd *fds, nfds_t count, int timeout)
{
	(void)fds;
	(void)count;
	(void)timeout;
	errno = ENOMEM;
	return -1;
}

START_TEST(monitor_says_what_it_cannot_watch)
{
	const struct options options = { .timeout = -1 };
	char *operands[] = { "dfl_dev.0", NULL };

	add_plain(0);
	next_poll = failing_poll;
	begin_output();
	ck_assert_int_eq(command_monitor.run(&options, 1, operands),
			 STATUS_FAILURE);
	end_output();
	ck_assert_str_eq(complaint, "cannot wait for changes: Cannot allocate memory.");
	free(output);
	remove_file(0, "dflres/owner");
	ck_assert_int_eq(command_monitor.run(&options, 1, operands),
			 STATUS_FAILURE);
	ck_assert_ptr_nonnull(strstr(complaint, "cannot watch dfl_dev.0: "));
}
END_TEST

static int interrupt(struct pollfd *fds, nfds_t count, int timeout)
{
	(void)timeout;
	if (changes++)
		return 0;
	set_file(0, "dflres/irq1", "9\n");
	set_ready(fds, count, POLLPRI);
	return 1;
}

START_TEST(wait_returns_with_an_interrupt)
{
	const struct options options = {
		.given = TAKES_IRQ | TAKES_TIMEOUT, .irq = 1, .timeout = 60000,
	};
	char *operands[] = { "dfl_dev.0", NULL };

	add_claimed();
	next_poll = interrupt;
	begin_output();
	ck_assert_int_eq(command_wait.run(&options, 1, operands), STATUS_OK);
	end_output();
	ck_assert_str_eq(output, "feature  dfl_dev.0\nirq      1\ncount    4\ntotal    9\n");
	free(output);
	/* the next does not come */
	ck_assert_int_eq(command_wait.run(&options, 1, operands),
			 STATUS_TIMEOUT);
	ck_assert_str_eq(complaint, "dfl_dev.0: interrupt 1 did not come in time.");
}
END_TEST

/* The time is that of the interrupt: what another process has claimed is busy at once. */
START_TEST(wait_for_interrupt_does_not_wait_for_the_claim)
{
	const struct options options = {
		.given = TAKES_IRQ | TAKES_TIMEOUT, .irq = 1, .timeout = 60000,
	};
	char *operands[] = { "dfl_dev.0", NULL };

	add_plain(0);
	set_file(0, "dflres/lease", "1\n");
	set_file(0, "dflres/owner", "user\n");
	kernel = always_busy;
	next_poll = no_poll;
	ck_assert_int_eq(command_wait.run(&options, 1, operands), STATUS_BUSY);
}
END_TEST

static int another_owner(struct pollfd *fds, nfds_t count, int timeout)
{
	(void)timeout;
	set_file(0, "dflres/owner", changes++ ? "kernel\n" : "user\n");
	set_ready(fds, count, POLLPRI);
	return 1;
}

/* The one that is waited for is not the next one. */
START_TEST(wait_returns_with_an_owner)
{
	const struct options options = {
		.given = TAKES_OWNER | TAKES_TIMEOUT, .timeout = 60000,
		.owner = DFLRES_OWNER_KERNEL,
	};
	char *operands[] = { "dfl_dev.0", NULL };

	add_plain(0);
	next_poll = another_owner;
	begin_output();
	ck_assert_int_eq(command_wait.run(&options, 1, operands), STATUS_OK);
	end_output();
	ck_assert_str_eq(output, "feature  dfl_dev.0\nowner    kernel\nby       -\n");
	ck_assert_int_eq(changes, 2);
	free(output);
}
END_TEST

/* ---- dump and load ---- */

static bool registers_unmappable;

/* Stands before the library's for the tool: of registers that can only be accessed by call, which no file's are. */
int dflres_regs_open(struct dflres_regs **regs, const struct dflres_claim *claim,
		     unsigned int flags)
{
	static int (*regs_open)(struct dflres_regs **regs,
				const struct dflres_claim *claim, unsigned int flags);

	if (!regs_open)
		*(void **)&regs_open = dlsym(RTLD_NEXT, "dflres_regs_open");
	return regs_open(regs, claim, registers_unmappable ? DFLRES_REGS_NO_MAP : flags);
}

/* A feature that lies at an odd multiple of 4 has no aligned access of 64 bits at offset 0. */
START_TEST(dump_is_as_wide_as_the_bus_lets_it_be)
{
	const struct options options = {
		.given = TAKES_LENGTH, .length = 16, .timeout = -1,
	};
	char *operands[] = { "dfl_dev.0", NULL };

	add_claimed();
	set_file(0, "dflres/resource", "0xc0004004 0xc0004043 0x200\n");
	registers_unmappable = true;
	begin_output();
	ck_assert_int_eq(command_dump.run(&options, 1, operands), STATUS_OK);
	end_output();
	ck_assert_str_eq(output, "00000000  03020100 07060504 0b0a0908 0f0e0d0c\n");
	free(output);
}
END_TEST

static bool registers_forget;

/* Stands before the library's for the tool: of registers that do not keep what is written, which no file is. */
int dflres_regs_read_block(struct dflres_regs *regs, size_t offset,
			   unsigned int width, void *data, size_t length)
{
	static int (*read_block)(struct dflres_regs *regs, size_t offset,
				 unsigned int width, void *data, size_t length);
	int error;

	if (!read_block)
		*(void **)&read_block = dlsym(RTLD_NEXT,
					      "dflres_regs_read_block");
	error = read_block(regs, offset, width, data, length);
	if (registers_forget && length > 8)
		memset((char *)data + 8, 0, length - 8);
	return error;
}

START_TEST(load_says_what_does_not_verify)
{
	const struct options options = { .given = TAKES_VERIFY, .timeout = -1 };
	char path[256], *operands[] = { "dfl_dev.0", path, NULL };
	static const char text[] = "00000000  0000000000000005 0000000000000007\n"
				   "00000010  0000000000000008 0000000000000000\n";

	add_claimed();
	put("dump", text, strlen(text));
	snprintf(path, sizeof(path), "%s/dump", fixture_root());
	ck_assert_int_eq(command_load.run(&options, 2, operands), STATUS_OK);
	registers_forget = true;
	ck_assert_int_eq(command_load.run(&options, 2, operands),
			 STATUS_FAILURE);
	ck_assert_str_eq(complaint, "dfl_dev.0: 2 of 4 values differ: the first, at offset 0x8, was written as 0x0000000000000007 and read as 0x0000000000000000.");
}
END_TEST

static int waited[2];

/* What the first wait is for comes, and what the second is for does not. */
static int first_only(struct pollfd *fds, nfds_t count, int timeout)
{
	ck_assert_int_lt(changes, 2);
	ck_assert_uint_eq(count, 1);
	waited[changes++] = timeout;
	if (changes == 1)
		usleep(20000);
	set_ready(fds, count, changes == 1 ? POLLPRI : 0);
	return changes == 1;
}

static int busy_until_waited_for(const char *file, const char *text)
{
	static int granted;

	(void)text;
	if (strcmp(file, "lease"))
		return 0;
	return changes == 1 && !granted++ ? 0 : -EBUSY;
}

/* The time to wait is one for all features, and no feature is kept of a part. */
START_TEST(exec_for_a_time)
{
	char *operands[] = { "dfl_dev.0", "dfl_dev.1", NULL };
	char *program[] = { "true", NULL };
	const struct options options = {
		.given = TAKES_TIMEOUT, .timeout = 10000, .program = program,
	};
	struct dflres_feature *feature = open_claimable(64);

	add_plain(1);
	set_file(1, "dflres/lease", "");
	set_file(0, "dflres/owner", "user\n");
	set_file(1, "dflres/owner", "user\n");
	kernel = busy_until_waited_for;
	next_poll = first_only;
	ck_assert_int_eq(command_exec.run(&options, 2, operands),
			 STATUS_TIMEOUT);
	ck_assert_mem_eq(complaint, "cannot claim dfl_dev.1", 22);
	ck_assert_int_gt(waited[0], 8000);
	ck_assert_int_gt(waited[1], 0);
	ck_assert_int_le(waited[1], waited[0] - 20);
	/* of the one that was got */
	ck_assert_ptr_nonnull(strstr(kernel_log, "owner=none "));
	dflres_feature_close(feature);
}
END_TEST

TCase *commands_case(void)
{
	TCase *tcase = tcase_create("commands");

	tcase_add_checked_fixture(tcase, fixture_create, NULL);
	tcase_add_loop_test(tcase, refusal_says_what_to_do, 0, LENGTH(refusals));
	tcase_add_test(tcase, error_of_a_list_says_what_to_do);
	tcase_add_test(tcase, claim_of_another_user_is_busy);
	tcase_add_test(tcase, own_claim_that_cannot_be_used);
	tcase_add_test(tcase, sentence_that_is_cut);
	tcase_add_test(tcase, monitor_shows_a_claim);
	tcase_add_test(tcase, monitor_ends_after_so_many_events);
	tcase_add_test(tcase, monitor_ends_when_nothing_happens);
	tcase_add_test(tcase, monitor_ends_when_it_cannot_print);
	tcase_add_loop_test(tcase, claim_that_cannot_be_told_ends, 0, 2);
	tcase_add_test(tcase, monitor_sees_what_comes_back_at_once);
	tcase_add_test(tcase, monitor_says_what_it_cannot_watch);
	tcase_add_test(tcase, wait_returns_with_an_interrupt);
	tcase_add_test(tcase, wait_for_interrupt_does_not_wait_for_the_claim);
	tcase_add_test(tcase, wait_returns_with_an_owner);
	tcase_add_test(tcase, dump_is_as_wide_as_the_bus_lets_it_be);
	tcase_add_test(tcase, load_says_what_does_not_verify);
	tcase_add_test(tcase, exec_for_a_time);
	return tcase;
}
