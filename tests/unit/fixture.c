// SPDX-License-Identifier: GPL-2.0
/* sysfs trees in a temporary directory. */
#include <config.h>

#include <ftw.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"

/* Behind a bridge, as cards are: two PCI addresses in the path. */
#define CARD "devices/pci0000:00/0000:00:03.0/0000:3b:00.0/fpga_region/region0"

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

static int remove_entry(const char *path, const struct stat *st, int type,
			struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void remove_tree(const char *path)
{
	must(!nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS), path);
}

static void make_directory(const char *variable, const char *parent)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/dflres.XXXXXX", parent);
	must(mkdtemp(path), path);
	must(!setenv(variable, path, 1), variable);
}

/* Not below the build directory: libsysfs cuts paths at 255 bytes. */
void scratch_create(void)
{
	scratch_create_in("/tmp");
}

void scratch_create_in(const char *parent)
{
	make_directory("DFLRES_TEST_SCRATCH", parent);
}

void scratch_remove(void)
{
	const char *scratch = getenv("DFLRES_TEST_SCRATCH");

	must(scratch, "DFLRES_TEST_SCRATCH");
	remove_tree(scratch);
}

void fixture_create(void)
{
	make_directory("DFLRES_TEST_SYSFS", getenv("DFLRES_TEST_SCRATCH"));
}

const char *fixture_root(void)
{
	return getenv("DFLRES_TEST_SYSFS");
}

/* Make the directories that lead to @path. */
static void make_parents(char *path)
{
	for (char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
}

void put(const char *path, const char *text, size_t length)
{
	char full[PATH_MAX];
	FILE *file;

	snprintf(full, sizeof(full), "%s/%s", fixture_root(), path);
	make_parents(full);
	file = fopen(full, "w");
	must(file, full);
	must(fwrite(text, 1, length, file) == length, full);
	must(!fclose(file), full);
}

static void put_link(const char *path, const char *target)
{
	char full[PATH_MAX];

	snprintf(full, sizeof(full), "%s/%s", fixture_root(), path);
	make_parents(full);
	must(!symlink(target, full), full);
}

void add_bus(void)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/bus/dfl/devices/", fixture_root());
	make_parents(path);
}

static void put_file(const char *dir, const char *file, const char *text)
{
	char path[256];

	if (!text)
		return;
	snprintf(path, sizeof(path), "%s/%s", dir, file);
	put(path, text, strlen(text));
}

static void put_driver(const char *dir, const char *driver)
{
	char path[256], target[256];

	if (!driver)
		return;
	snprintf(path, sizeof(path), "%s/driver", dir);
	/* from eight directories below the root, see add_feature() */
	snprintf(target, sizeof(target), "../../../../../../../../bus/dfl/drivers/%s",
		 driver);
	put_link(path, target);
}

void add_feature(const struct fixture_feature *f)
{
	char dir[160], name[32], path[256], target[256];

	snprintf(name, sizeof(name), "dfl_dev.%u", f->number);
	snprintf(dir, sizeof(dir), CARD "/%s/%s", f->fiu, name);
	put_file(dir, "uevent", "MODALIAS=dfl:t0000f0010\n");
	put_file(dir, "type", f->type);
	put_file(dir, "feature_id", f->id);
	put_file(dir, "dflres/revision", f->revision);
	put_file(dir, "dflres/resource", f->resource);
	put_file(dir, "dflres/mappable", f->mappable);
	put_file(dir, "dflres/num_irqs", f->num_irqs);
	put_file(dir, "dflres/owner", f->owner);
	put_file(dir, "dflres/owner_pid", f->owner_pid);
	put_driver(dir, f->driver);

	snprintf(path, sizeof(path), "bus/dfl/devices/%s", name);
	snprintf(target, sizeof(target), "../../../%s", dir);
	put_link(path, target);
}

/* The link on the bus stands for the feature's directory. */
static void bus_path(char path[256], unsigned int number, const char *file)
{
	snprintf(path, 256, "bus/dfl/devices/dfl_dev.%u%s%s", number,
		 file ? "/" : "", file ? file : "");
}

void set_file(unsigned int number, const char *file, const char *text)
{
	char path[256];

	bus_path(path, number, file);
	put(path, text, strlen(text));
}

void remove_file(unsigned int number, const char *file)
{
	char path[256], full[PATH_MAX];

	bus_path(path, number, file);
	snprintf(full, sizeof(full), "%s/%s", fixture_root(), path);
	remove_tree(full);
}

void remove_feature(unsigned int number)
{
	char path[256], link[PATH_MAX], target[PATH_MAX];

	bus_path(path, number, NULL);
	snprintf(link, sizeof(link), "%s/%s", fixture_root(), path);
	must(realpath(link, target), link);
	remove_tree(target);
	must(!unlink(link), link);
}
