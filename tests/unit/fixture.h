/* SPDX-License-Identifier: GPL-2.0 */
#ifndef DFLRES_TEST_FIXTURE_H
#define DFLRES_TEST_FIXTURE_H

#include <stddef.h>

/* A feature as sysfs would show it. A NULL is a file that is not there. */
struct fixture_feature {
	const char *fiu;	/* its directory, below the card's */
	const char *type;
	const char *id;
	const char *revision;
	const char *resource;
	const char *mappable;
	const char *num_irqs;
	const char *owner;
	const char *driver;
	const char *owner_pid;
	unsigned int number;
};

/* A feature with every value valid, owned by nobody. */
extern const struct fixture_feature plain_feature;

/* One scratch directory for the program, in it one sysfs tree for each test. */
void scratch_create(void);
void scratch_create_in(const char *parent);
void scratch_remove(void);
void fixture_create(void);

/* The root of the test's tree; it is also what libsysfs sees as /sys. */
const char *fixture_root(void);

/* Paths are relative to the root; put() makes the directories on the way. */
void put(const char *path, const char *text, size_t length);
void add_bus(void);
void add_feature(const struct fixture_feature *feature);

/* Write one file of dfl_dev.@number, or remove a file or directory of it. */
void set_file(unsigned int number, const char *file, const char *text);
void remove_file(unsigned int number, const char *file);

/* As a hot-unplug leaves it: no device, and no link to it. */
void remove_feature(unsigned int number);

#endif
