// SPDX-License-Identifier: GPL-2.0
/* bench [quick] [MEASUREMENT...]: see bench.h */

#include "bench.h"
#include "guest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct {
	const char *name;
	void (*measure)(void);
} measurements[] = {
	{ "access", measure_access },
	{ "handover", measure_handover },
	{ "interrupt", measure_interrupt },
	{ "revoke", measure_revoke },
	{ "faults", measure_faults },
	{ "list", measure_list },
	{ "scale", measure_scale },
};

const unsigned int sizes[4] = { 8, 64, 512, 2000 };

bool quick;

unsigned int rounds(unsigned int due)
{
	return quick && due > 3 ? 3 : due;
}

unsigned int nr_sizes(void)
{
	return quick ? 2 : ARRAY_SIZE(sizes);
}

void card_of(unsigned int features)
{
	if (sh("card many %u >/cards/many.card", features))
		bail("a card of %u features can be described", features);
	setup("many");
}

double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

void begin_samples(struct samples *s, const char *measure, const char *who, const char *unit, unsigned int size)
{
	s->measure = measure;
	s->who = who;
	s->unit = unit;
	s->size = size;
	s->count = 0;
}

void sample(struct samples *s, double value)
{
	if (s->count < MAX_ROUNDS)
		s->values[s->count++] = value;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double median(struct samples *s)
{
	qsort(s->values, s->count, sizeof(s->values[0]), ascending);
	return s->values[s->count / 2];
}

void print_samples(const struct samples *s)
{
	unsigned int i;

	printf("{\"measure\": \"%s\", \"who\": \"%s\", \"unit\": \"%s\", \"size\": %u, \"values\": [", s->measure, s->who,
	       s->unit, s->size);
	for (i = 0; i < s->count; i++)
		printf("%s%.6g", i ? ", " : "", s->values[i]);
	puts("]}");
	fflush(stdout);
}

void print_value(const char *measure, const char *who, const char *unit, unsigned int size, double value)
{
	struct samples s;

	begin_samples(&s, measure, who, unit, size);
	sample(&s, value);
	print_samples(&s);
}

static bool wanted(const char *name, char **args)
{
	if (!*args)
		return true;
	while (*args && strcmp(*args, name))
		args++;
	return *args;
}

/*
 * The console is slow, and what vfio-pci has to say at every turn would be part of its time. Warnings go there as ever: the
 * host looks for them.
 */
static void quiet_console(void)
{
	sh("echo N >/sys/module/printk/parameters/ignore_loglevel; dmesg -n 5");
}

/* The rest of the line that begins so, without what parts it from its value */
static void rest_of(const char *file, const char *start, char *value, size_t size)
{
	char line[256] = "";
	FILE *f = fopen(file, "r");

	while (f && fgets(line, sizeof(line), f) && strncmp(line, start, strlen(start)))
		;
	if (f)
		fclose(f);
	line[strcspn(line, "\n")] = '\0';
	snprintf(value, size, "%s", line + strlen(start) + strspn(line + strlen(start), "\t :"));
}

static void print_guest(void)
{
	char kernel[256], processor[256], clock[256];

	rest_of("/proc/sys/kernel/osrelease", "", kernel, sizeof(kernel));
	rest_of("/proc/cpuinfo", "model name", processor, sizeof(processor));
	rest_of("/sys/devices/system/clocksource/clocksource0/current_clocksource", "", clock, sizeof(clock));
	printf("{\"guest\": {\"kernel\": \"%s\", \"processor\": \"%s\", \"clock\": \"%s\"}}\n", kernel, processor, clock);
}

int main(int argc, char **argv)
{
	unsigned int i;
	double start;

	print_guest();
	quiet_console();
	if (argc > 1 && !strcmp(argv[1], "quick")) {
		quick = true;
		argv++;
	}
	for (i = 0; i < ARRAY_SIZE(measurements); i++) {
		if (!wanted(measurements[i].name, argv + 1))
			continue;
		start = now_us();
		measurements[i].measure();
		note("%s: %.0f s", measurements[i].name, (now_us() - start) / 1e6);
	}
	return 0;
}
