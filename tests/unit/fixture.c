// SPDX-License-Identifier: GPL-2.0
/* sysfs trees in a temporary directory, as libdflres-sim makes them. */
#include <config.h>

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../userspace/sim/internal.h"
#include "fixture.h"

#define CARD "0000:3b:00.0"

static struct dflres_sim *sim;

const struct fixture_feature plain_feature = {
	.fiu = "dfl-fme.0",
	.type = "0x0\n",
	.id = "0x10\n",
	.revision = "0x2\n",
	.resource = "0x00000000c0004000 0x00000000c0004fff 0x0000000000000200\n",
	.mappable = "1\n",
	.num_irqs = "4\n",
	.owner = "none\n",
};

/* Not Check's assertions, which work only while a test runs. */
static void must(bool done, const char *what)
{
	if (done)
		return;
	perror(what);
	exit(EXIT_FAILURE);
}

/* What the simulation returns. */
static void done(int error, const char *what)
{
	errno = -error;
	must(!error, what);
}

/*
 * Not below the build directory: libsysfs cuts paths at 255 bytes. In memory, where
 * there is such a place: a disk's file system takes much longer to make the files.
 */
void scratch_create(void)
{
	scratch_create_in(access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
}

void scratch_create_in(const char *parent)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/dflres.XXXXXX", parent);
	must(mkdtemp(path), path);
	must(!setenv("DFLRES_TEST_SCRATCH", path, 1), path);
}

void scratch_remove(void)
{
	const char *scratch = getenv("DFLRES_TEST_SCRATCH");

	must(scratch, "DFLRES_TEST_SCRATCH");
	done(sim_remove(scratch), scratch);
}

/* What it has made goes with the scratch directory. */
void fixture_create(void)
{
	free(sim);
	done(dflres_sim_new(&sim, getenv("DFLRES_TEST_SCRATCH")), "simulation");
}

const char *fixture_root(void)
{
	return getenv("DFLRES_TEST_SYSFS");
}

void put(const char *path, const char *text, size_t length)
{
	done(dflres_sim_put(sim, path, text, length), path);
}

void add_bus(void)
{
	done(dflres_sim_add_bus(sim), "bus");
}

static void put_driver(const struct fixture_feature *f)
{
	char path[PATH_MAX], target[256];

	if (!f->driver)
		return;
	snprintf(path, sizeof(path), "%s/bus/dfl/devices/dfl_dev.%u/driver",
		 fixture_root(), f->number);
	/* from eight directories below the root */
	snprintf(target, sizeof(target), "../../../../../../../../bus/dfl/drivers/%s",
		 f->driver);
	must(!symlink(target, path), path);
}

void add_feature(const struct fixture_feature *f)
{
	const struct {
		const char *file, *text;
	} files[] = {
		{ "uevent", "MODALIAS=dfl:t0000f0010\n" },
		{ "type", f->type },
		{ "feature_id", f->id },
		{ "dflres/revision", f->revision },
		{ "dflres/resource", f->resource },
		{ "dflres/mappable", f->mappable },
		{ "dflres/num_irqs", f->num_irqs },
		{ "dflres/owner", f->owner },
		{ "dflres/owner_pid", f->owner_pid },
	};

	done(dflres_sim_add_device(sim, f->number, CARD, f->fiu), f->fiu);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		if (files[i].text)
			set_file(f->number, files[i].file, files[i].text);
	}
	put_driver(f);
}

void set_file(unsigned int number, const char *file, const char *text)
{
	done(dflres_sim_set(sim, number, file, text), file);
}

void remove_file(unsigned int number, const char *file)
{
	done(dflres_sim_set(sim, number, file, NULL), file);
}

void remove_feature(unsigned int number)
{
	done(dflres_sim_remove(sim, number), "feature");
}
