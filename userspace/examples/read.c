// SPDX-License-Identifier: LGPL-2.1-or-later
/* Claim a feature and read its first register: read FEATURE */
#include <dflres.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int read_first(const struct dflres_claim *claim)
{
	struct dflres_regs *regs;
	uint64_t value;
	int error;

	error = dflres_regs_open(&regs, claim, 0);
	if (error)
		return error;
	/* a load or a system call, as the feature allows */
	error = dflres_regs_try_read64(regs, 0, &value);
	if (!error)
		printf("0x%016" PRIx64 "\n", value);
	dflres_regs_close(regs);
	return error;
}

/* The claim is a lease: it would also end with the process. */
static int claim_and_read(const struct dflres_feature *feature)
{
	struct dflres_claim *claim;
	int error;

	error = dflres_claim_open(&claim, feature, 0, 0);
	if (error)
		return error;
	error = read_first(claim);
	dflres_claim_close(claim);
	return error;
}

int main(int argc, char **argv)
{
	struct dflres_feature *feature;
	int error;

	if (argc != 2) {
		fputs("Usage: read FEATURE\n", stderr);
		return 2;
	}
	error = dflres_feature_open(&feature, argv[1]);
	if (!error) {
		error = claim_and_read(feature);
		dflres_feature_close(feature);
	}
	if (error)
		fprintf(stderr, "%s: %s\n", argv[1], strerror(-error));
	return error ? 1 : 0;
}
