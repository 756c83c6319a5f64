/* SPDX-License-Identifier: GPL-2.0 */
/* Random numbers that follow from a state, which is a seed at first */

#ifndef RANDOM_H
#define RANDOM_H

#include <stdbool.h>
#include <stdint.h>

static inline uint64_t splitmix64(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* For a program that has but one */
static uint64_t random_state;

static inline uint64_t rnd(void)
{
	return splitmix64(&random_state);
}

static inline uint64_t below(uint64_t n)
{
	return rnd() % n;
}

static inline bool one_in(unsigned int n)
{
	return !below(n);
}

#endif
