// SPDX-License-Identifier: GPL-2.0
/* A report on a bug touches no register: what it opens of a feature that is claimed. */
#include <config.h>

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "fixture.h"
#include "tool.h"
#include "unit.h"

/* How often a command has opened the registers, and any file of the module's. */
struct opens {
	int registers;
	int files;
};

static int watch(const struct dflres_feature *feature)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/dflres", dflres_feature_path(feature));
	ck_assert_int_ge(fd, 0);
	ck_assert_int_ge(inotify_add_watch(fd, path, IN_OPEN), 0);
	return fd;
}

static struct opens take_opens(int fd)
{
	_Alignas(struct inotify_event) char buffer[4096];
	struct opens opens = { 0, 0 };
	ssize_t length;

	while ((length = read(fd, buffer, sizeof(buffer))) > 0) {
		const char *at = buffer;

		while (at < buffer + length) {
			const struct inotify_event *event =
				(const struct inotify_event *)(const void *)at;

			ck_assert_uint_eq(event->mask & IN_Q_OVERFLOW, 0);
			if (event->len) {
				opens.files++;
				opens.registers += !strncmp(event->name, "resource0", 9);
			}
			at += sizeof(*event) + event->len;
		}
	}
	return opens;
}

static void run(const struct command *command, int count, char **operands)
{
	const struct options options = { .timeout = -1 };
	FILE *terminal = stdout;

	stdout = fopen("/dev/null", "we");
	ck_assert_ptr_nonnull(stdout);
	ck_assert_int_eq(command->run(&options, count, operands), STATUS_OK);
	fclose(stdout);
	stdout = terminal;
}

START_TEST(report_opens_no_register)
{
	char *operands[] = { "dfl_dev.0", "0", NULL };
	struct dflres_feature *feature = open_claimable(64);
	struct dflres_claim *claim;
	struct opens opens;
	int fd;

	ck_assert_int_eq(dflres_claim_open(&claim, feature, 0, 0), 0);
	set_file(0, "dflres/owner", "user\n");
	set_file(0, "dflres/owner_pid", "0\n");
	fd = watch(feature);
	run(&command_report, 0, NULL);
	opens = take_opens(fd);
	ck_assert_int_gt(opens.files, 5);
	ck_assert_int_eq(opens.registers, 0);
	/* a read of one would have been noticed */
	run(&command_read, 2, operands);
	opens = take_opens(fd);
	ck_assert_int_gt(opens.registers, 0);
	close(fd);
	dflres_claim_close(claim);
	dflres_feature_close(feature);
}
END_TEST

TCase *report_case(void)
{
	TCase *tcase = tcase_create("report");

	tcase_add_checked_fixture(tcase, fixture_create, NULL);
	tcase_add_test(tcase, report_opens_no_register);
	return tcase;
}
