// SPDX-License-Identifier: LGPL-2.1-or-later
/* Try a register and an interrupt of a feature: bringup FEATURE. The claim ends with the program, however it ends. */
#include <dflres.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int bring_up(struct dflres_claim *claim)
{
	struct dflres_regs *regs = NULL;
	struct dflres_irq *irq = NULL;
	uint64_t value = 0, count = 0;
	int error;

	error = dflres_regs_open(&regs, claim, 0);
	if (!error)
		error = dflres_regs_try_write64(regs, 0x8, 0x1122334455667788);
	if (!error)
		error = dflres_regs_try_read64(regs, 0x8, &value);
	if (!error)
		error = dflres_irq_open(&irq, claim, 0, 0);
	if (!error)
		error = dflres_irq_wait(irq, 5000, &count);
	if (!error)
		printf("0x%016" PRIx64 "\ninterrupts: %" PRIu64 "\n", value, count);
	dflres_irq_close(irq);
	dflres_regs_close(regs);
	return error;
}

int main(int argc, char **argv)
{
	const char *name = argc == 2 ? argv[1] : "fme:0x30:any";
	struct dflres_claim *claim;
	int error;

	error = dflres_claim_select(&claim, &name, 1, DFLRES_CLAIM_ATTACH, 0, NULL);
	if (!error) {
		error = bring_up(claim);
		dflres_claim_close(claim);
	}
	if (error)
		fprintf(stderr, "%s: %s\n", name, strerror(-error));
	return error ? 1 : 0;
}
