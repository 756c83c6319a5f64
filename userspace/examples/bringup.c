// SPDX-License-Identifier: LGPL-2.1-or-later
/* Try a register and an interrupt of a feature, found by what it is: bringup ID */
#include <dflres.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int try_register(struct dflres_claim *claim)
{
	struct dflres_regs *regs;
	uint64_t value;
	int error;

	error = dflres_regs_open(&regs, claim, 0);
	if (error)
		return error;
	error = dflres_regs_try_write64(regs, 0x8, 0x1122334455667788);
	if (!error)
		error = dflres_regs_try_read64(regs, 0x8, &value);
	if (!error)
		printf("0x%016" PRIx64 "\n", value);
	dflres_regs_close(regs);
	return error;
}

static int try_interrupt(struct dflres_claim *claim)
{
	struct dflres_irq *irq;
	uint64_t count;
	int error;

	error = dflres_irq_open(&irq, claim, 0, 0);
	if (error)
		return error;
	error = dflres_irq_wait(irq, 5000, &count);
	if (!error)
		printf("interrupts: %" PRIu64 "\n", count);
	dflres_irq_close(irq);
	return error;
}

int main(int argc, char **argv)
{
	struct dflres_filter filter = DFLRES_FILTER_INIT;
	struct dflres_feature *feature = NULL;
	struct dflres_claim *claim = NULL;
	int error;

	if (argc != 2) {
		fputs("Usage: bringup ID\n", stderr);
		return 2;
	}
	filter.id = strtol(argv[1], NULL, 0);
	error = dflres_feature_find(&feature, &filter, 0);
	if (!error)	/* that of `dflres exec`, or a lease, which ends with the process */
		error = dflres_claim_open(&claim, feature, DFLRES_CLAIM_ATTACH, 0);
	if (!error)
		error = try_register(claim);
	if (!error)
		error = try_interrupt(claim);
	dflres_claim_close(claim);
	dflres_feature_close(feature);
	if (error)
		fprintf(stderr, "%s: %s\n", argv[1], strerror(-error));
	return error ? 1 : 0;
}
