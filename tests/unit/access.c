// SPDX-License-Identifier: GPL-2.0
/* What takes more than one access: update, wait, a FIFO; and fields. */
#include <config.h>

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"
#include "regs.h"

#define SIZE 4096

START_TEST(update_keeps_the_other_bits)
{
	uint64_t before = 0;

	open_way(_i, SIZE);
	ck_assert_int_eq(dflres_regs_update(regs, 0x10, 32, 0xff00, 0x5a00,
					    &before), 0);
	ck_assert_uint_eq(before, 0x13121110);
	ck_assert_uint_eq(dflres_regs_read64(regs, 0x10), 0x1716151413125a10);
	ck_assert_int_eq(dflres_regs_update(regs, 0x18, 64, 1ULL << 63, 0,
					    NULL), 0);
	ck_assert_int_eq(dflres_regs_update(regs, 0x18, 64, UINT64_MAX,
					    1ULL << 63, NULL), 0);
	ck_assert_uint_eq(dflres_regs_read64(regs, 0x18), 1ULL << 63);
	ck_assert_int_eq(dflres_regs_update(regs, 0x21, 8, 0x0f, 0x03, NULL), 0);
	ck_assert_uint_eq(dflres_regs_read32(regs, 0x20), 0x23222320);
	close_all();
}
END_TEST

START_TEST(bits_that_a_register_has_not)
{
	uint64_t value = 77;

	open_way(_i, SIZE);
	ck_assert_int_eq(dflres_regs_update(regs, 0, 8, 0x100, 0, &value),
			 -EOVERFLOW);
	ck_assert_int_eq(dflres_regs_update(regs, 0, 32, 1ULL << 32, 0, &value),
			 -EOVERFLOW);
	ck_assert_int_eq(dflres_regs_update(regs, 0, 64, 0xf0, 0xf1, &value),
			 -EDOM);
	ck_assert_int_eq(dflres_regs_update(regs, SIZE, 64, 1, 1, &value),
			 -ERANGE);
	ck_assert_int_eq(dflres_regs_update(regs, 2, 32, 1, 1, &value), -EINVAL);
	ck_assert_int_eq(dflres_regs_update(regs, 0, 24, 1, 1, &value), -EINVAL);
	ck_assert_int_eq(dflres_regs_wait(regs, 0, 16, 0x10000, 0, 0, &value),
			 -EOVERFLOW);
	ck_assert_int_eq(dflres_regs_wait(regs, 0, 16, 1, 2, 0, &value), -EDOM);
	ck_assert_int_eq(dflres_regs_wait(regs, SIZE, 8, 1, 1, -1, &value),
			 -ERANGE);
	ck_assert_uint_eq(value, 77);
	ck_assert_uint_eq(dflres_regs_read64(regs, 0), 0x0706050403020100);
	close_all();
}
END_TEST

/* ---- waiting ---- */

/* What the card does after a while. */
static void *set_later(void *unused)
{
	const struct timespec while_ = { .tv_nsec = 30000000 };
	const char value = 0x41;

	(void)unused;
	nanosleep(&while_, NULL);
	ck_assert_int_eq(pwrite(dflres_claim_fd(claim), &value, 1, 0x11), 1);
	return NULL;
}

START_TEST(wait_for_a_value)
{
	uint64_t last = 0;
	pthread_t card;

	open_way(_i, SIZE);
	ck_assert_int_eq(dflres_regs_wait(regs, 0x10, 32, 0xff, 0x10, 0, &last),
			 0);
	ck_assert_uint_eq(last, 0x13121110);
	ck_assert_int_eq(pthread_create(&card, NULL, set_later, NULL), 0);
	ck_assert_int_eq(dflres_regs_wait(regs, 0x10, 32, 0x4000, 0x4000, -1,
					  &last), 0);
	ck_assert_uint_eq(last, 0x13124110);
	ck_assert_int_eq(pthread_join(card, NULL), 0);
	close_all();
}
END_TEST

START_TEST(wait_for_no_value)
{
	uint64_t last = 0;

	open_way(_i, SIZE);
	ck_assert_int_eq(dflres_regs_wait(regs, 0x10, 8, 0xff, 0x11, 0, &last),
			 -ETIMEDOUT);
	ck_assert_uint_eq(last, 0x10);
	ck_assert_int_eq(dflres_regs_wait(regs, 0x10, 8, 1, 1, 20, NULL),
			 -ETIMEDOUT);
	close_all();
}
END_TEST

/* As a thread that is not run for a while: the value comes, and the time is over. */
static void value_comes_late(size_t size)
{
	const struct timespec while_ = { .tv_nsec = 50000000 };
	const char value = 0x41;

	(void)size;
	after_read = NULL;
	nanosleep(&while_, NULL);
	ck_assert_int_eq(pwrite(dflres_claim_fd(claim), &value, 1, 0x11), 1);
}

/* By call, so that the test sees each read. */
START_TEST(wait_looks_once_more_when_the_time_is_over)
{
	uint64_t last = 0;

	open_way(WAY_CALL, SIZE);
	after_read = value_comes_late;
	ck_assert_int_eq(dflres_regs_wait(regs, 0x10, 32, 0x4000, 0x4000, 20,
					  &last), 0);
	ck_assert_uint_eq(last, 0x13124110);
	close_all();
}
END_TEST

static int64_t milliseconds(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Neither a loop without a pause, nor pauses so short that the system has no rest. */
START_TEST(wait_leaves_the_processor_to_others)
{
	const int64_t begin = milliseconds(CLOCK_MONOTONIC);
	int64_t cpu;
	struct rusage before, after;

	open_way(_i, SIZE);
	cpu = milliseconds(CLOCK_PROCESS_CPUTIME_ID);
	getrusage(RUSAGE_SELF, &before);
	ck_assert_int_eq(dflres_regs_wait(regs, 0x10, 8, 1, 1, 500, NULL),
			 -ETIMEDOUT);
	getrusage(RUSAGE_SELF, &after);
	ck_assert_int_ge(milliseconds(CLOCK_MONOTONIC) - begin, 500);
	ck_assert_int_lt(milliseconds(CLOCK_PROCESS_CPUTIME_ID) - cpu, 100);
	ck_assert_int_lt(after.ru_nvcsw - before.ru_nvcsw, 400);
	close_all();
}
END_TEST

static void ignore_signal(int signal)
{
	(void)signal;
}

START_TEST(wait_ends_by_a_signal)
{
	const struct sigaction action = { .sa_handler = ignore_signal };
	const struct itimerval soon = {
		.it_interval.tv_usec = 20000, .it_value.tv_usec = 20000,
	};
	uint64_t last = 0;

	open_way(_i, SIZE);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	ck_assert_int_eq(dflres_regs_wait(regs, 0x10, 8, 1, 1, -1, &last),
			 -EINTR);
	ck_assert_uint_eq(last, 0x10);
	close_all();
}
END_TEST

START_TEST(wait_ends_with_the_claim)
{
	uint64_t last = 77;

	open_way(WAY_CALL, SIZE);
	ck_assert_int_eq(ftruncate(dflres_claim_fd(claim), 0), 0);
	ck_assert_int_eq(dflres_regs_wait(regs, 0x10, 8, 1, 1, -1, &last), -EIO);
	ck_assert_uint_eq(last, 77);
	close_all();
}
END_TEST

/* ---- a FIFO, and fields ---- */

START_TEST(fifo_is_one_register)
{
	static const uint8_t data[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	uint8_t back[12];

	open_way(_i, SIZE);
	ck_assert_int_eq(dflres_regs_read_fifo(regs, 0x10, 32, back, 12), 0);
	ck_assert_mem_eq(back, "\x10\x11\x12\x13\x10\x11\x12\x13\x10\x11\x12\x13",
			 12);
	ck_assert_int_eq(dflres_regs_write_fifo(regs, 0x20, 16, data, 8), 0);
	ck_assert_uint_eq(dflres_regs_read64(regs, 0x20), 0x2726252423220807);
	ck_assert_int_eq(dflres_regs_read_fifo(regs, SIZE - 4, 32, back, 12), 0);
	ck_assert_int_eq(dflres_regs_read_fifo(regs, SIZE, 32, back, 0), -ERANGE);
	ck_assert_int_eq(dflres_regs_read_fifo(regs, 2, 32, back, 4), -EINVAL);
	ck_assert_int_eq(dflres_regs_read_fifo(regs, 0, 32, back, 6), -EINVAL);
	ck_assert_int_eq(dflres_regs_write_fifo(regs, 0, 7, data, 7), -EINVAL);
	ck_assert_int_eq(dflres_regs_write_fifo(regs, 0, 64, data, 4), -EINVAL);
	ck_assert_int_eq(dflres_regs_write_fifo(regs, SIZE, 8, data, 1), -ERANGE);
	close_all();
}
END_TEST

START_TEST(fields_are_got_and_put_by_their_masks)
{
	uint64_t (*mask)(unsigned int, unsigned int);

	ck_assert_uint_eq(dflres_mask(63, 0), UINT64_MAX);
	ck_assert_uint_eq(dflres_mask(0, 0), 1);
	ck_assert_uint_eq(dflres_mask(63, 63), 1ULL << 63);
	ck_assert_uint_eq(dflres_mask(11, 4), 0xff0);
	for (unsigned int lsb = 0; lsb < 64; lsb++) {
		const uint64_t bits = dflres_mask(63, lsb);

		ck_assert_uint_eq(dflres_field_get(bits, UINT64_MAX),
				  UINT64_MAX >> lsb);
		ck_assert_uint_eq(dflres_field_prep(bits, UINT64_MAX), bits);
		ck_assert_uint_eq(dflres_field_prep(1ULL << lsb, 2), 0);
	}
	ck_assert_uint_eq(dflres_field_get(0xff0, 0x12345), 0x34);
	ck_assert_uint_eq(dflres_field_prep(0xff0, 0x134), 0x340);
	*(void **)&mask = dlsym(RTLD_DEFAULT, "dflres_mask");
	/* a library that is linked statically has no names at run time */
	if (mask)
		ck_assert_uint_eq(mask(11, 4), 0xff0);
}
END_TEST

TCase *access_case(void)
{
	TCase *tcase = tcase_create("access");

	tcase_add_checked_fixture(tcase, fixture_create, NULL);
	tcase_add_loop_test(tcase, update_keeps_the_other_bits, WAY_CALL, WAY_GUARD + 1);
	tcase_add_loop_test(tcase, bits_that_a_register_has_not, WAY_CALL, WAY_GUARD + 1);
	tcase_add_loop_test(tcase, wait_for_a_value, WAY_CALL, WAY_GUARD + 1);
	tcase_add_loop_test(tcase, wait_for_no_value, WAY_CALL, WAY_GUARD + 1);
	tcase_add_test(tcase, wait_looks_once_more_when_the_time_is_over);
	tcase_add_loop_test(tcase, wait_leaves_the_processor_to_others, WAY_CALL, WAY_GUARD + 1);
	tcase_add_loop_test(tcase, wait_ends_by_a_signal, WAY_CALL, WAY_GUARD + 1);
	tcase_add_test(tcase, wait_ends_with_the_claim);
	tcase_add_loop_test(tcase, fifo_is_one_register, WAY_CALL, WAY_GUARD + 1);
	tcase_add_test(tcase, fields_are_got_and_put_by_their_masks);
	return tcase;
}
