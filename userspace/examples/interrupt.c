// SPDX-License-Identifier: LGPL-2.1-or-later
/* Wait for the first interrupt of a feature: interrupt FEATURE MILLISECONDS */
#include <dflres.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int wait_for(struct dflres_claim *claim, int timeout)
{
	struct dflres_irq *irq;
	uint64_t count;
	int error;

	error = dflres_irq_open(&irq, claim, 0, 0);
	if (error)
		return error;
	/* start what raises the interrupt here, not earlier */
	puts("waiting");
	fflush(stdout);
	error = dflres_irq_wait(irq, timeout, &count);
	if (!error)
		printf("interrupts: %" PRIu64 "\n", count);
	dflres_irq_close(irq);
	return error;
}

static int claim_and_wait(const struct dflres_feature *feature, int timeout)
{
	struct dflres_claim *claim;
	int error;

	error = dflres_claim_open(&claim, feature, 0, 0);
	if (error)
		return error;
	error = wait_for(claim, timeout);
	dflres_claim_close(claim);
	return error;
}

int main(int argc, char **argv)
{
	struct dflres_feature *feature;
	int error;

	if (argc != 3) {
		fputs("Usage: interrupt FEATURE MILLISECONDS\n", stderr);
		return 2;
	}
	error = dflres_feature_open(&feature, argv[1]);
	if (!error) {
		error = claim_and_wait(feature, atoi(argv[2]));
		dflres_feature_close(feature);
	}
	if (error)
		fprintf(stderr, "%s: %s\n", argv[1], strerror(-error));
	return error ? 1 : 0;
}
