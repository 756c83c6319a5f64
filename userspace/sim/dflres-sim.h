/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libdflres-sim: simulated features of DFL cards, to test programs that use
 * libdflres without a card, without the kernel module and without root.
 *
 * A simulation is a directory that looks like /sys with a DFL bus, and a small
 * kernel in the process: libdflres claims and releases a feature by writing to
 * its files. The registers are memory in a file. Link a program with this library
 * before libdflres, or run it with this library in LD_PRELOAD: it then sees the
 * simulation whose root the environment names:
 *
 *	DFLRES_TEST_SYSFS	the root, in place of /sys
 *
 * dflres_sim_new() sets it, for the process and the programs that it starts.
 * See libdflres-sim(3) for what is simulated and what is not.
 *
 * A function that returns int returns 0, or a negative errno.
 */
#ifndef DFLRES_SIM_H
#define DFLRES_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct dflres_sim;

/**
 * dflres_sim_new - make a simulation, without a DFL bus at first
 * @sim: receives the simulation, to be freed with dflres_sim_free()
 * @parent: the directory to make its root in; NULL: that of $TMPDIR, or /tmp
 *
 * From here on libdflres sees this simulation. Keep @parent short: libsysfs cuts
 * paths at 255 bytes.
 *
 * Return: 0; a negative errno of mkdtemp(3).
 * Since: 0.2
 */
int dflres_sim_new(struct dflres_sim **sim, const char *parent);

/**
 * dflres_sim_free - remove a simulation with its files
 *
 * Since: 0.2
 */
void dflres_sim_free(struct dflres_sim *sim);

/**
 * dflres_sim_root - the directory that stands for /sys
 *
 * Return: the path, which belongs to the simulation.
 * Since: 0.2
 */
const char *dflres_sim_root(const struct dflres_sim *sim);

/* A feature. Start from DFLRES_SIM_FEATURE_INIT and set the fields that matter. */
struct dflres_sim_feature {
	size_t size;		/* of this struct */
	unsigned int number;	/* N of dfl_dev.N */
	const char *card;	/* its PCI address, in full */
	const char *unit;	/* its interface unit, "dfl-fme.0" */
	unsigned int type;	/* enum dflres_type, or another number */
	unsigned int id;
	unsigned int revision;
	uint64_t address;	/* physical, of the first register */
	size_t length;		/* of the registers in bytes */
	bool mappable;
	unsigned int num_irqs;
	const char *driver;	/* of the kernel, bound to it; NULL: none */
};

#define DFLRES_SIM_FEATURE_INIT { sizeof(struct dflres_sim_feature), 0, \
	"0000:3b:00.0", "dfl-fme.0", 0, 0x10, 0, 0xc0000000, 0x1000, true, 0, \
	NULL }

/**
 * dflres_sim_add - add a feature, without an owner or with its driver bound
 *
 * Its registers are zero. The first one makes the bus.
 *
 * Return: 0; -EINVAL if the library does not know this size; -EEXIST if there is
 * a feature with this number.
 * Since: 0.2
 */
int dflres_sim_add(struct dflres_sim *sim,
		   const struct dflres_sim_feature *feature);

/**
 * dflres_sim_add_device - add a device on the DFL bus that has no files yet
 * @sim: the simulation
 * @number: N of dfl_dev.N
 * @card: the PCI address of its card, in full
 * @unit: its interface unit, such as "dfl-fme.0"
 *
 * To simulate what no module shows: give it files with dflres_sim_set().
 *
 * Return: 0; -EEXIST.
 * Since: 0.2
 */
int dflres_sim_add_device(struct dflres_sim *sim, unsigned int number,
			  const char *card, const char *unit);

/**
 * dflres_sim_add_bus - add a DFL bus without features
 *
 * Since: 0.2
 */
int dflres_sim_add_bus(struct dflres_sim *sim);

/**
 * dflres_sim_remove - remove a feature, as if its card was unplugged
 *
 * This ends a claim on it.
 *
 * Return: 0; -ENODEV if there is no such feature.
 * Since: 0.2
 */
int dflres_sim_remove(struct dflres_sim *sim, unsigned int number);

/**
 * dflres_sim_set - set the contents of a file of a feature
 * @sim: the simulation
 * @number: N of dfl_dev.N
 * @file: its name below the feature's directory, such as "dflres/owner"
 * @text: its new contents, with the newline at the end; NULL: remove the file,
 *	  or the directory
 *
 * Return: 0; -ENODEV if there is no such feature; -ENOENT if there is no such
 * file to remove.
 * Since: 0.2
 */
int dflres_sim_set(struct dflres_sim *sim, unsigned int number,
		   const char *file, const char *text);

/**
 * dflres_sim_put - write any file below the root, and make the directories
 * @sim: the simulation
 * @path: relative to the root
 * @data: its new contents
 * @size: in bytes
 *
 * Since: 0.2
 */
int dflres_sim_put(struct dflres_sim *sim, const char *path, const void *data,
		   size_t size);

/**
 * dflres_sim_peek - look at registers, claimed or not
 * @sim: the simulation
 * @number: N of dfl_dev.N
 * @offset: in bytes
 * @data: receives the bytes
 * @length: how many
 *
 * Return: 0; -ENODEV; -ERANGE beyond the end.
 * Since: 0.2
 */
int dflres_sim_peek(struct dflres_sim *sim, unsigned int number, size_t offset,
		    void *data, size_t length);

/**
 * dflres_sim_poke - change registers, as the hardware may
 *
 * As dflres_sim_peek().
 *
 * Since: 0.2
 */
int dflres_sim_poke(struct dflres_sim *sim, unsigned int number, size_t offset,
		    const void *data, size_t length);

/**
 * dflres_sim_interrupt - raise an interrupt of a claimed feature
 *
 * This counts it, and signals it to the eventfd that this process has attached.
 *
 * Return: 0; -ENODEV if nobody has claimed the feature; -ENOENT if it has no such
 * interrupt.
 * Since: 0.2
 */
int dflres_sim_interrupt(struct dflres_sim *sim, unsigned int number,
			 unsigned int irq);

/**
 * dflres_sim_release - end a claim, as an administrator does
 *
 * Mappings give SIGBUS, descriptors ENODEV, for good.
 *
 * Return: 0, also if there is no claim; -ENODEV if there is no such feature.
 * Since: 0.2
 */
int dflres_sim_release(struct dflres_sim *sim, unsigned int number);

/**
 * dflres_sim_refuse - refuse each claim of a feature
 * @sim: the simulation
 * @number: N of dfl_dev.N
 * @error: a negative errno, such as -EPERM; 0: refuse no more
 *
 * Return: 0; -ENODEV.
 * Since: 0.2
 */
int dflres_sim_refuse(struct dflres_sim *sim, unsigned int number, int error);

#ifdef __cplusplus
}
#endif

#endif
