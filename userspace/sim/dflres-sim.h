/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libdflres-sim: features of DFL cards for the tests of programs that use
 * libdflres, without a card, without the kernel module and without root.
 *
 * A simulation is a directory that looks like /sys with a DFL bus, and a small
 * kernel in the process: what libdflres writes to the files of a feature claims
 * and releases it. The registers are memory in a file. A program that is linked
 * with this library, before libdflres, or that runs with it in LD_PRELOAD, sees
 * the simulation whose root the environment names:
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
 * It is the one that libdflres sees from here on. @parent is to be short:
 * libsysfs cuts paths at 255 bytes.
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
 * Return: the path; the simulation's.
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
 * dflres_sim_add - add a feature that nobody, or the driver, has
 *
 * Its registers are zero. The first one makes the bus.
 *
 * Return: 0; -EINVAL if the size is not one that the library knows; -EEXIST if
 * there is a feature of that number.
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
 * For what no module would show: give it files by dflres_sim_set().
 *
 * Return: 0; -EEXIST.
 * Since: 0.2
 */
int dflres_sim_add_device(struct dflres_sim *sim, unsigned int number,
			  const char *card, const char *unit);

/**
 * dflres_sim_add_bus - a DFL bus, without features
 *
 * Since: 0.2
 */
int dflres_sim_add_bus(struct dflres_sim *sim);

/**
 * dflres_sim_remove - a feature goes away, as when its card is unplugged
 *
 * A claim of it ends.
 *
 * Return: 0; -ENODEV if there is no such feature.
 * Since: 0.2
 */
int dflres_sim_remove(struct dflres_sim *sim, unsigned int number);

/**
 * dflres_sim_set - what a file of a feature holds
 * @sim: the simulation
 * @number: N of dfl_dev.N
 * @file: its name below the feature's directory, such as "dflres/owner"
 * @text: what it is to hold, with the newline at its end; NULL: remove the file,
 *	  or the directory
 *
 * Return: 0; -ENODEV if there is no such feature; -ENOENT if there is no such
 * file to be removed.
 * Since: 0.2
 */
int dflres_sim_set(struct dflres_sim *sim, unsigned int number,
		   const char *file, const char *text);

/**
 * dflres_sim_put - write any file below the root, and make the directories
 * @sim: the simulation
 * @path: relative to the root
 * @data: what it is to hold
 * @size: in bytes
 *
 * Since: 0.2
 */
int dflres_sim_put(struct dflres_sim *sim, const char *path, const void *data,
		   size_t size);

/**
 * dflres_sim_peek - what registers hold, claimed or not
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
 * dflres_sim_interrupt - an interrupt of a claimed feature comes
 *
 * It is counted, and signalled to the eventfd that this process has attached.
 *
 * Return: 0; -ENODEV if the feature is not claimed; -ENOENT if it has no such
 * interrupt.
 * Since: 0.2
 */
int dflres_sim_interrupt(struct dflres_sim *sim, unsigned int number,
			 unsigned int irq);

/**
 * dflres_sim_release - a claim ends, as by an administrator
 *
 * Mappings give SIGBUS, descriptors ENODEV, for good.
 *
 * Return: 0, also if there is no claim; -ENODEV if there is no such feature.
 * Since: 0.2
 */
int dflres_sim_release(struct dflres_sim *sim, unsigned int number);

/**
 * dflres_sim_refuse - what each claim of a feature is to be refused with
 * @sim: the simulation
 * @number: N of dfl_dev.N
 * @error: a negative errno, such as -EPERM; 0: none any more
 *
 * Return: 0; -ENODEV.
 * Since: 0.2
 */
int dflres_sim_refuse(struct dflres_sim *sim, unsigned int number, int error);

#ifdef __cplusplus
}
#endif

#endif
