// SPDX-License-Identifier: GPL-2.0
/* What DFLRES_DEBUG adds: the plain accesses are checked, mapped or not. */
#define DFLRES_DEBUG
#include <config.h>

#include <signal.h>

#include "fixture.h"
#include "unit.h"

static struct dflres_regs *open_regs(unsigned int flags)
{
	struct dflres_claim *claim = claim_plain(4096);
	struct dflres_regs *regs;

	ck_assert_int_eq(dflres_regs_open(&regs, claim, flags), 0);
	dflres_claim_close(claim);
	return regs;
}

START_TEST(debug_lets_a_right_access_pass)
{
	struct dflres_regs *regs = open_regs(0);

	dflres_regs_write64(regs, 4088, 1);
	ck_assert_uint_eq(dflres_regs_read64(regs, 4088), 1);
	dflres_regs_close(regs);
}
END_TEST

START_TEST(debug_stops_an_access_beyond_the_end)
{
	dflres_regs_read32(open_regs(0), 4096);
}
END_TEST

START_TEST(debug_stops_a_misaligned_access)
{
	dflres_regs_write32(open_regs(DFLRES_REGS_NO_MAP), 2, 0);
}
END_TEST

TCase *debug_case(void)
{
	TCase *tcase = tcase_create("debug");

	tcase_add_checked_fixture(tcase, fixture_create, NULL);
	tcase_add_test(tcase, debug_lets_a_right_access_pass);
	tcase_add_test_raise_signal(tcase, debug_stops_an_access_beyond_the_end, SIGABRT);
	tcase_add_test_raise_signal(tcase, debug_stops_a_misaligned_access, SIGABRT);
	return tcase;
}
