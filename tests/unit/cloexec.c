// SPDX-License-Identifier: GPL-2.0
/*
 * A program that another thread starts at any moment has none of the library's
 * descriptors: a claim would be that program's as well. Those that are open only
 * for a moment cannot be looked at, so that what opens them is.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fixture.h"
#include "unit.h"

/* Stands before libc's for the library, which is linked dynamically. */
int memfd_create(const char *name, unsigned int flags)
{
	opened_for_programs += !(flags & MFD_CLOEXEC);
	return (int)syscall(SYS_memfd_create, name, flags);
}

/* Those that there were before have come from elsewhere. */
#define MOST_FDS 1024

static bool known[MOST_FDS];

static void know_descriptors(void)
{
	for (int fd = 0; fd < MOST_FDS; fd++)
		known[fd] = fcntl(fd, F_GETFD) >= 0;
	opened_for_programs = 0;
}

static void ck_assert_for_no_program(const char *call)
{
	for (int fd = 0; fd < MOST_FDS; fd++) {
		const int flags = fcntl(fd, F_GETFD);

		ck_assert_msg(known[fd] || flags < 0 || flags & FD_CLOEXEC,
			      "descriptor %d, after %s", fd, call);
	}
	ck_assert_msg(!opened_for_programs, "%d, in %s", opened_for_programs,
		      call);
}

#define CK_ASSERT_OPENED(call) do { \
	ck_assert_int_eq(call, 0); \
	ck_assert_for_no_program(#call); \
} while (0)

static char path[PATH_MAX];

static const char *in_root(const char *file)
{
	snprintf(path, sizeof(path), "%s/%s", fixture_root(), file);
	return path;
}

/* dfl_dev.0, of whose files the ones of a claim are there. */
static struct dflres_claim *claim_all_files(void)
{
	struct dflres_feature *feature = open_claimable(4096);
	struct dflres_claim *claim;

	set_file(0, "dflres/irq0", "0\n");
	set_file(0, "dflres/irq0_eventfd", "");
	set_file(0, "dflres/resource0_wc", "registers");
	dflres_feature_close(feature);
	know_descriptors();
	CK_ASSERT_OPENED(dflres_feature_open(&feature, "dfl_dev.0"));
	CK_ASSERT_OPENED(dflres_claim_open(&claim, feature, 0, 0));
	dflres_feature_close(feature);
	return claim;
}

START_TEST(what_a_claim_opens_is_for_no_program)
{
	struct dflres_claim *claim = claim_all_files(), *other;
	struct dflres_irq *irq;
	struct dflres_regs *regs;

	CK_ASSERT_OPENED(dflres_claim_attach(&other, dflres_claim_feature(claim)));
	dflres_claim_close(other);
	CK_ASSERT_OPENED(dflres_claim_from_fd(&other, dflres_claim_fd(claim)));
	dflres_claim_close(other);
	CK_ASSERT_OPENED(dflres_irq_open(&irq, claim, 0, 0));
	dflres_irq_close(irq);
	CK_ASSERT_OPENED(dflres_irq_open(&irq, claim, 0, DFLRES_IRQ_WATCH));
	dflres_irq_close(irq);
	CK_ASSERT_OPENED(dflres_regs_open(&regs, claim, 0));
	dflres_regs_close(regs);
	CK_ASSERT_OPENED(dflres_regs_open(&regs, claim, DFLRES_REGS_WRITE_COMBINE));
	dflres_regs_close(regs);
	CK_ASSERT_OPENED(dflres_claim_release(claim, DFLRES_RELEASE_NONE));
	dflres_claim_close(claim);
}
END_TEST

START_TEST(what_a_feature_opens_is_for_no_program)
{
	struct dflres_claim *claim = claim_all_files();
	const struct dflres_feature *feature = dflres_claim_feature(claim);
	char pid[16], text[DFLRES_SENTENCE_MAX], files[PATH_MAX];
	struct dflres_holder holder;
	struct dflres_regmap *map;
	struct dflres_watch *watch;
	struct dflres_feature *named;

	snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	set_file(0, "dflres/owner", "user\n");
	set_file(0, "dflres/owner_pid", pid);
	CK_ASSERT_OPENED(dflres_watch_open(&watch, feature));
	dflres_watch_close(watch);
	CK_ASSERT_OPENED(dflres_feature_holder(feature, &holder));
	ck_assert_str_ne(holder.command, "");
	put("lockdown", "[none]\n", 7);
	dflres_explain(feature, DFLRES_OPERATION_CLAIM, -EPERM, text, sizeof(text));
	ck_assert_for_no_program("dflres_explain()");
	put("names.json", "{}", 2);
	ck_assert_int_eq(dflres_regmap_open(&map, in_root("names.json"), text, sizeof(text)),
			 -EINVAL);
	ck_assert_for_no_program("dflres_regmap_open()");
	put("run/dfl/fme-0x10/other", "", 0);
	ck_assert_int_eq(symlink("../../../bus/dfl/devices/dfl_dev.0/dflres",
				 in_root("run/dfl/fme-0x10/dfl_dev.0")), 0);
	CK_ASSERT_OPENED(dflres_feature_files(feature, files, sizeof(files)));
	ck_assert_str_eq(files, "/run/dfl/fme-0x10/dfl_dev.0");
	CK_ASSERT_OPENED(dflres_select(&named, "fme:0x10"));
	dflres_feature_close(named);
	dflres_claim_close(claim);
}
END_TEST

TCase *cloexec_case(void)
{
	TCase *tcase = tcase_create("cloexec");

	tcase_add_checked_fixture(tcase, fixture_create, NULL);
	tcase_add_test(tcase, what_a_claim_opens_is_for_no_program);
	tcase_add_test(tcase, what_a_feature_opens_is_for_no_program);
	return tcase;
}
