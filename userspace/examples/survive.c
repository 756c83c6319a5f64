// SPDX-License-Identifier: LGPL-2.1-or-later
/* Use a register until somebody ends the claim: survive FEATURE */
#include <dflres.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

/* Until the claim ends. Between accesses the program sleeps; the end wakes it. */
static int use(struct dflres_claim *claim, struct dflres_regs *regs)
{
	struct pollfd end = { .events = POLLPRI };
	uint32_t value;
	int error;

	end.fd = dflres_claim_end_fd(claim);
	if (end.fd < 0)
		return end.fd;
	puts("using it");
	fflush(stdout);
	while (dflres_claim_check(claim) == 0) {
		/* if the claim ends here, this only returns an error */
		error = dflres_regs_try_read32(regs, 0, &value);
		if (error)
			return error;
		poll(&end, 1, 1000);
	}
	return -ENODEV;
}

static int claim_and_use(const struct dflres_feature *feature)
{
	struct dflres_claim *claim;
	struct dflres_regs *regs;
	int error;

	error = dflres_claim_open(&claim, feature, 0, 0);
	if (error)
		return error;
	error = dflres_regs_open(&regs, claim, DFLRES_REGS_GUARD);
	if (!error) {
		error = use(claim, regs);
		dflres_regs_close(regs);
	}
	dflres_claim_close(claim);
	return error;
}

int main(int argc, char **argv)
{
	struct dflres_feature *feature;
	int error;

	if (argc != 2) {
		fputs("Usage: survive FEATURE\n", stderr);
		return 2;
	}
	error = dflres_feature_open(&feature, argv[1]);
	if (error) {
		fprintf(stderr, "%s: %s\n", argv[1], strerror(-error));
		return 1;
	}
	error = claim_and_use(feature);
	dflres_feature_close(feature);
	if (error != -ENODEV) {
		fprintf(stderr, "%s: %s\n", argv[1], strerror(-error));
		return 1;
	}
	printf("%s was taken away\n", argv[1]);
	return 0;
}
