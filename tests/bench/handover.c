// SPDX-License-Identifier: GPL-2.0
/*
 * handover: from a feature that a kernel driver has to the first value of a register, and back to the kernel driver.
 * first-value: from a feature that nobody has to the first value of a register.
 *
 * A turn of a peer begins with modules loaded anew. Its first handover does not count: an emulator translates their code then,
 * which no processor does. Of the others the median is the turn's value.
 */

#include "bench.h"

#define IN_A_TURN 5

static const struct peer * const peers[] = { &dflres, &library, &uio, &vfio };

static void hand_over(const struct peer *peer, struct samples *handover, struct samples *first)
{
	double start, free, known;

	start = now_us();
	peer->from_kernel();
	free = now_us();
	check_registers(peer->take());
	known = now_us();
	peer->to_kernel();
	sample(handover, now_us() - start);
	sample(first, known - free);
}

static void measure_turn(const struct peer *peer, struct samples *handover, struct samples *first)
{
	static struct samples handovers, firsts;
	unsigned int i;

	peer->begin();
	hand_over(peer, &handovers, &firsts);
	handovers.count = 0;
	firsts.count = 0;
	for (i = 0; i < IN_A_TURN; i++)
		hand_over(peer, &handovers, &firsts);
	peer->end();
	sample(handover, median(&handovers));
	sample(first, median(&firsts));
}

void measure_handover(void)
{
	static struct samples handover[ARRAY_SIZE(peers)], first[ARRAY_SIZE(peers)];
	unsigned int round, i;

	for (i = 0; i < ARRAY_SIZE(peers); i++) {
		begin_samples(&handover[i], "handover", peers[i]->name, "us", 0);
		begin_samples(&first[i], "first-value", peers[i]->name, "us", 0);
	}
	for (round = 0; round < rounds(51); round++)
		for (i = 0; i < ARRAY_SIZE(peers); i++) {
			unsigned int who = (i + round) % ARRAY_SIZE(peers);

			measure_turn(peers[who], &handover[who], &first[who]);
		}
	for (i = 0; i < ARRAY_SIZE(peers); i++)
		print_samples(&handover[i]);
	for (i = 0; i < ARRAY_SIZE(peers); i++)
		print_samples(&first[i]);
}
