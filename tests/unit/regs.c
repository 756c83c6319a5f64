// SPDX-License-Identifier: GPL-2.0
/* Registers, where a file of bytes stands for the feature's. */
#include <config.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "regs.h"

#define SIZE 8192

static const unsigned int ways[WAYS] = {
	[WAY_PLAIN] = 0,
	[WAY_CALL] = DFLRES_REGS_NO_MAP,
	[WAY_GUARD] = DFLRES_REGS_GUARD,
	[WAY_GUARD_OWN] = DFLRES_REGS_GUARD_OWN,
};

struct dflres_claim *claim;
struct dflres_regs *regs;

void open_way(enum way way, size_t size)
{
	claim = claim_plain(size);
	ck_assert_int_eq(dflres_regs_open(&regs, claim, ways[way]), 0);
}

void close_all(void)
{
	dflres_regs_close(regs);
	dflres_claim_close(claim);
}

START_TEST(registers_are_read_in_each_width)
{
	open_way(_i, SIZE);
	ck_assert_uint_eq(dflres_regs_size(regs), SIZE);
	ck_assert(!dflres_regs_base(regs) == (ways[_i] == DFLRES_REGS_NO_MAP));
	ck_assert_uint_eq(dflres_regs_read8(regs, 0x13), 0x13);
	ck_assert_uint_eq(dflres_regs_read16(regs, 0x12), 0x1312);
	ck_assert_uint_eq(dflres_regs_read32(regs, 0x10), 0x13121110);
	ck_assert_uint_eq(dflres_regs_read64(regs, 0x10),
			  0x1716151413121110);
	/* the last of each width */
	ck_assert_uint_eq(dflres_regs_read8(regs, SIZE - 1), 0xff);
	ck_assert_uint_eq(dflres_regs_read64(regs, SIZE - 8),
			  0xfffefdfcfbfaf9f8);
	ck_assert_int_eq(dflres_regs_error(regs), 0);
	close_all();
}
END_TEST

START_TEST(registers_are_written_in_each_width)
{
	open_way(_i, SIZE);
	dflres_regs_write64(regs, 0x10, 0x8877665544332211);
	dflres_regs_write8(regs, 0x18, 0xa1);
	dflres_regs_write16(regs, 0x1a, 0xb2b1);
	dflres_regs_write32(regs, 0x1c, 0xc4c3c2c1);
	ck_assert_uint_eq(dflres_regs_read64(regs, 0x08), 0x0f0e0d0c0b0a0908);
	ck_assert_uint_eq(dflres_regs_read64(regs, 0x10), 0x8877665544332211);
	ck_assert_uint_eq(dflres_regs_read64(regs, 0x18), 0xc4c3c2c1b2b119a1);
	ck_assert_uint_eq(dflres_regs_read64(regs, 0x20), 0x2726252423222120);
	ck_assert_int_eq(dflres_regs_error(regs), 0);
	close_all();
}
END_TEST

/* What a program of another language calls, by the names of what is inline. */
START_TEST(functions_for_other_languages)
{
	uint16_t (*read16)(struct dflres_regs *, size_t);
	void (*write32)(struct dflres_regs *, size_t, uint32_t);
	int (*try_read64)(struct dflres_regs *, size_t, uint64_t *);
	size_t (*size)(const struct dflres_regs *);
	uint64_t value;

	open_way(_i, SIZE);
	*(void **)&read16 = dlsym(RTLD_DEFAULT, "dflres_regs_read16");
	*(void **)&write32 = dlsym(RTLD_DEFAULT, "dflres_regs_write32");
	*(void **)&try_read64 = dlsym(RTLD_DEFAULT, "dflres_regs_try_read64");
	*(void **)&size = dlsym(RTLD_DEFAULT, "dflres_regs_size");
	/* a library that is linked statically has no names at run time */
	if (read16) {
		ck_assert_uint_eq(size(regs), SIZE);
		ck_assert_uint_eq(read16(regs, 0x12), 0x1312);
		write32(regs, 0x14, 0xd4d3d2d1);
		ck_assert_int_eq(try_read64(regs, 0x10, &value), 0);
		ck_assert_uint_eq(value, 0xd4d3d2d113121110);
		ck_assert_int_eq(try_read64(regs, SIZE, &value), -ERANGE);
	}
	close_all();
}
END_TEST

START_TEST(valid_accesses_are_aligned_and_within)
{
	open_way(_i, SIZE);
	ck_assert(dflres_regs_valid(regs, 0, 64));
	ck_assert(dflres_regs_valid(regs, SIZE - 4, 32));
	ck_assert(!dflres_regs_valid(regs, SIZE - 4, 64));
	ck_assert(!dflres_regs_valid(regs, 2, 32));
	ck_assert(dflres_regs_valid(regs, 3, 8));
	ck_assert(!dflres_regs_valid(regs, SIZE, 8));
	ck_assert(!dflres_regs_valid(regs, SIZE_MAX, 8));
	for (unsigned int width = 0; width <= 256; width++)
		ck_assert(dflres_regs_valid(regs, 0, width) ==
			  (width == 8 || width == 16 || width == 32 ||
			   width == 64));
	close_all();
}
END_TEST

/* Another file stands for the same registers, so that it is seen which is used. */
START_TEST(write_combined_registers_are_those_of_another_file)
{
	static const unsigned int wrong[] = {
		DFLRES_REGS_WRITE_COMBINE | DFLRES_REGS_NO_MAP, 0x10,
		DFLRES_REGS_WRITE_COMBINE | DFLRES_REGS_GUARD |
		DFLRES_REGS_GUARD_OWN,
	};
	char text[SIZE + 1];
	int fds;

	claim = claim_plain(SIZE);
	fds = count_fds();
	for (int i = 0; i < LENGTH(wrong); i++)
		ck_assert_int_eq(dflres_regs_open(&regs, claim, wrong[i]),
				 -EINVAL);
	ck_assert_int_eq(dflres_regs_open(&regs, claim,
					  DFLRES_REGS_WRITE_COMBINE),
			 -EOPNOTSUPP);
	memset(text, 'w', SIZE);
	text[SIZE] = '\0';
	set_file(0, "dflres/resource0_wc", text);
	ck_assert_int_eq(dflres_regs_open(&regs, claim,
					  DFLRES_REGS_WRITE_COMBINE |
					  DFLRES_REGS_GUARD), 0);
	ck_assert_ptr_nonnull((void *)dflres_regs_base(regs));
	ck_assert_uint_eq(dflres_regs_size(regs), SIZE);
	ck_assert_uint_eq(dflres_regs_read8(regs, SIZE - 1), 'w');
	dflres_regs_write8(regs, 0, 'r');
	dflres_regs_flush(regs);
	text[0] = 'r';
	text[255] = '\0';	/* as much as is compared */
	ck_assert_file(0, "dflres/resource0_wc", text);
	ck_assert_int_eq(count_fds(), fds);
	close_all();
}
END_TEST

START_TEST(tries_tell_their_errors)
{
	uint64_t value = 0;
	uint32_t v32 = 0;
	uint16_t v16 = 0;
	uint8_t v8 = 0;

	open_way(_i, SIZE);
	ck_assert_int_eq(dflres_regs_try_read8(regs, 3, &v8), 0);
	ck_assert_int_eq(dflres_regs_try_read16(regs, 2, &v16), 0);
	ck_assert_int_eq(dflres_regs_try_read32(regs, 4, &v32), 0);
	ck_assert_int_eq(dflres_regs_try_read64(regs, 8, &value), 0);
	ck_assert_uint_eq(v8, 0x03);
	ck_assert_uint_eq(v16, 0x0302);
	ck_assert_uint_eq(v32, 0x07060504);
	ck_assert_uint_eq(value, 0x0f0e0d0c0b0a0908);

	ck_assert_int_eq(dflres_regs_try_write8(regs, 0x40, 1), 0);
	ck_assert_int_eq(dflres_regs_try_write16(regs, 0x42, 2), 0);
	ck_assert_int_eq(dflres_regs_try_write32(regs, 0x44, 3), 0);
	ck_assert_int_eq(dflres_regs_try_read64(regs, 0x40, &value), 0);
	ck_assert_uint_eq(value, 0x0000000300024101);
	ck_assert_int_eq(dflres_regs_try_write64(regs, 0x40, 4), 0);

	for (unsigned int width = 8; width <= 64; width *= 2) {
		ck_assert_int_eq(dflres_regs_try_write(regs, 0x40, width,
						       UINT64_MAX), 0);
		ck_assert_int_eq(dflres_regs_try_read(regs, 0x40, width,
						      &value), 0);
		ck_assert_uint_eq(value, UINT64_MAX >> (64 - width));
	}
	ck_assert_uint_eq(dflres_regs_read8(regs, 0x48), 0x48);
	close_all();
}
END_TEST

START_TEST(accesses_beyond_the_end_are_refused)
{
	static const size_t beyond[] = {
		SIZE, SIZE + 8, (size_t)-8, (size_t)-1, SIZE_MAX / 2 + 1,
	};
	uint64_t value = 77;
	uint32_t v32 = 77;

	open_way(_i, SIZE);
	for (int i = 0; i < LENGTH(beyond); i++) {
		ck_assert_int_eq(dflres_regs_try_read(regs, beyond[i], 8,
						      &value), -ERANGE);
		ck_assert_int_eq(dflres_regs_try_write(regs, beyond[i], 64, 1),
				 -ERANGE);
		ck_assert_int_eq(dflres_regs_try_read32(regs, beyond[i], &v32),
				 -ERANGE);
		ck_assert_int_eq(dflres_regs_try_write32(regs, beyond[i], 1),
				 -ERANGE);
	}
	ck_assert_int_eq(dflres_regs_try_read(regs, SIZE - 4, 64, &value),
			 -ERANGE);
	for (size_t offset = 1; offset < 8; offset++)
		ck_assert_int_eq(dflres_regs_try_read(regs, offset, 64, &value),
				 -EINVAL);
	ck_assert_int_eq(dflres_regs_try_read32(regs, 2, &v32), -EINVAL);
	ck_assert_int_eq(dflres_regs_try_write16(regs, 1, 1), -EINVAL);
	for (unsigned int width = 0; width < 100; width++) {
		if (width == 8 || width == 16 || width == 32 || width == 64)
			continue;
		ck_assert_int_eq(dflres_regs_try_read(regs, 0, width, &value),
				 -EINVAL);
		ck_assert_int_eq(dflres_regs_try_write(regs, 0, width, 0),
				 -EINVAL);
	}
	ck_assert_uint_eq(value, 77);
	ck_assert_uint_eq(v32, 77);
	/* asked for, and refused: no access has failed */
	ck_assert_int_eq(dflres_regs_error(regs), 0);
	close_all();
}
END_TEST

START_TEST(blocks_are_copied_in_each_width)
{
	uint8_t data[6000], back[6000];

	open_way(_i, SIZE);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = 3 * i;
	for (unsigned int width = 8; width <= 64; width *= 2) {
		memset(back, 0, sizeof(back));
		ck_assert_int_eq(dflres_regs_write_block(regs, 64, width, data,
							 sizeof(data)), 0);
		ck_assert_int_eq(dflres_regs_read_block(regs, 64, width, back,
							sizeof(back)), 0);
		ck_assert_mem_eq(data, back, sizeof(data));
		ck_assert_int_eq(dflres_regs_read_block(regs, SIZE - 64, width,
							back, 72), -ERANGE);
		ck_assert_int_eq(dflres_regs_write_block(regs, SIZE - 64, width,
							 data, 72), -ERANGE);
		data[0]++;
	}
	ck_assert_uint_eq(dflres_regs_read8(regs, 63), 63);
	ck_assert_int_eq(dflres_regs_read_block(regs, 0, 32, back, 6), -EINVAL);
	ck_assert_int_eq(dflres_regs_read_block(regs, 2, 32, back, 8), -EINVAL);
	ck_assert_int_eq(dflres_regs_read_block(regs, 0, 24, back, 6), -EINVAL);
	ck_assert_int_eq(dflres_regs_read_block(regs, 0, 32, back, 0), 0);
	close_all();
}
END_TEST

static size_t least_read, most_read, read_calls;

static void note_size(size_t size)
{
	least_read = size < least_read ? size : least_read;
	most_read = size > most_read ? size : most_read;
	read_calls++;
}

/*
 * The kernel makes of each call the widest accesses that it can: a call is as wide as
 * an access that was asked for, but for the widest, which share one of up to a page.
 */
START_TEST(calls_are_as_wide_as_their_accesses)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *data = malloc(2 * page);

	claim = claim_plain(2 * page);
	ck_assert_int_eq(dflres_regs_open(&regs, claim, DFLRES_REGS_NO_MAP), 0);
	for (size_t bytes = 1; bytes <= 4; bytes *= 2) {
		least_read = SIZE_MAX;
		most_read = 0;
		after_read = note_size;
		ck_assert_int_eq(dflres_regs_read_block(regs, 0, 8 * bytes, data, 64), 0);
		after_read = NULL;
		ck_assert_uint_eq(least_read, bytes);
		ck_assert_uint_eq(most_read, bytes);
	}
	read_calls = 0;
	after_read = note_size;
	ck_assert_int_eq(dflres_regs_read_block(regs, 8, 64, data, page + 64), 0);
	after_read = NULL;
	ck_assert_uint_eq(most_read, page);
	ck_assert_uint_eq(read_calls, 2);
	free(data);
	close_all();
}
END_TEST

/* The alignment that counts is the bus's, not that of the offset. */
START_TEST(alignment_is_that_of_the_bus)
{
	uint64_t value;

	claim = claim_plain(SIZE);
	set_file(0, "dflres/resource", "0xc0004004 0xc0006003 0x200\n");
	ck_assert_int_eq(dflres_regs_open(&regs, claim, DFLRES_REGS_NO_MAP), 0);
	ck_assert_int_eq(dflres_regs_try_read(regs, 0, 64, &value), -EINVAL);
	ck_assert_int_eq(dflres_regs_try_read(regs, 0, 32, &value), 0);
	ck_assert_int_eq(dflres_regs_try_read(regs, 4, 64, &value), 0);
	ck_assert_uint_eq(value, 0x0b0a090807060504);
	ck_assert_uint_eq(dflres_regs_read64(regs, 8), UINT64_MAX);
	ck_assert_int_eq(dflres_regs_error(regs), -EINVAL);
	close_all();
}
END_TEST

/* Plain accesses by call note the first error. */
START_TEST(plain_accesses_note_their_first_error)
{
	open_way(WAY_CALL, SIZE);
	ck_assert_uint_eq(dflres_regs_read32(regs, SIZE), UINT32_MAX);
	ck_assert_int_eq(dflres_regs_error(regs), -ERANGE);
	dflres_regs_write32(regs, 1, 1);
	ck_assert_int_eq(dflres_regs_error(regs), -ERANGE);
	ck_assert_uint_eq(dflres_regs_read32(regs, 0), 0x03020100);
	close_all();
}
END_TEST

/* The file is shorter than it was: the read is short. */
START_TEST(read_that_is_cut_short_is_an_error)
{
	uint64_t value = 77;
	uint8_t data[64];

	open_way(WAY_CALL, SIZE);
	ck_assert_int_eq(ftruncate(dflres_claim_fd(claim), 20), 0);
	ck_assert_int_eq(dflres_regs_try_read(regs, 16, 64, &value), -EIO);
	ck_assert_int_eq(dflres_regs_try_read(regs, 64, 64, &value), -EIO);
	ck_assert_uint_eq(value, 77);
	ck_assert_int_eq(dflres_regs_read_block(regs, 0, 64, data, 64), -EIO);
	ck_assert_uint_eq(dflres_regs_read64(regs, 64), UINT64_MAX);
	ck_assert_int_eq(dflres_regs_error(regs), -EIO);
	close_all();
}
END_TEST

START_TEST(size_need_be_no_multiple_of_eight)
{
	uint32_t value;

	open_way(_i, 0x40c);
	ck_assert_uint_eq(dflres_regs_size(regs), 0x40c);
	ck_assert_int_eq(dflres_regs_try_read32(regs, 0x408, &value), 0);
	ck_assert_uint_eq(value, 0x0b0a0908);
	ck_assert_int_eq(dflres_regs_try_read32(regs, 0x40c, &value), -ERANGE);
	close_all();
}
END_TEST

START_TEST(registers_that_do_not_open_leave_nothing)
{
	int fds;

	claim = claim_plain(SIZE);
	fds = count_fds();
	regs = NULL;
	ck_assert_int_eq(dflres_regs_open(&regs, claim, 16), -EINVAL);
	ck_assert_int_eq(dflres_regs_open(&regs, claim, DFLRES_REGS_GUARD |
					  DFLRES_REGS_GUARD_OWN), -EINVAL);
	set_file(0, "dflres/resource", "garbage\n");
	ck_assert_int_eq(dflres_regs_open(&regs, claim, DFLRES_REGS_NO_MAP),
			 -EIO);
	ck_assert_int_eq(ftruncate(dflres_claim_fd(claim), 0), 0);
	ck_assert_int_eq(dflres_regs_open(&regs, claim, 0), -EIO);
	ck_assert_ptr_null(regs);
	dflres_regs_close(NULL);
	ck_assert_int_eq(count_fds(), fds);
	dflres_claim_close(claim);
}
END_TEST

START_TEST(registers_outlive_their_claim_object)
{
	open_way(_i, SIZE);
	dflres_claim_close(claim);
	ck_assert_uint_eq(dflres_regs_read32(regs, 0), 0x03020100);
	dflres_regs_close(regs);
}
END_TEST

TCase *regs_case(void)
{
	TCase *tcase = tcase_create("regs");
	const int n = LENGTH(ways);

	tcase_add_checked_fixture(tcase, fixture_create, NULL);
	tcase_add_loop_test(tcase, registers_are_read_in_each_width, 0, n);
	tcase_add_loop_test(tcase, registers_are_written_in_each_width, 0, n);
	tcase_add_loop_test(tcase, functions_for_other_languages, 0, LENGTH(ways));
	tcase_add_loop_test(tcase, valid_accesses_are_aligned_and_within, 0, LENGTH(ways));
	tcase_add_test(tcase, write_combined_registers_are_those_of_another_file);
	tcase_add_loop_test(tcase, tries_tell_their_errors, 0, n);
	tcase_add_loop_test(tcase, accesses_beyond_the_end_are_refused, 0, n);
	tcase_add_loop_test(tcase, blocks_are_copied_in_each_width, 0, n);
	tcase_add_test(tcase, calls_are_as_wide_as_their_accesses);
	tcase_add_test(tcase, alignment_is_that_of_the_bus);
	tcase_add_test(tcase, plain_accesses_note_their_first_error);
	tcase_add_test(tcase, read_that_is_cut_short_is_an_error);
	tcase_add_loop_test(tcase, size_need_be_no_multiple_of_eight, 0, n);
	tcase_add_test(tcase, registers_that_do_not_open_leave_nothing);
	tcase_add_loop_test(tcase, registers_outlive_their_claim_object, 0, n);
	return tcase;
}
