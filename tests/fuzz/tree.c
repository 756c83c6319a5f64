// SPDX-License-Identifier: GPL-2.0
/*
 * What sysfs says of a feature. An input is a text for each of some files of
 * dfl_dev.0: "%o" and what the owner's file is to hold, or "%-o" for no such
 * file; the letters are below. The other files have a value that is valid.
 */
#include <config.h>

#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dflres.h"
#include "fixture.h"

int tool_main(int argc, char **argv);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
	char letter;
	const char *file;
} files[] = {
	{ 't', "type" },
	{ 'f', "feature_id" },
	{ 'u', "uevent" },
	{ 'r', "dflres/revision" },
	{ 's', "dflres/resource" },
	{ 'm', "dflres/mappable" },
	{ 'n', "dflres/num_irqs" },
	{ 'o', "dflres/owner" },
	{ 'p', "dflres/owner_pid" },
	{ 'd', "dflres/dma" },
	{ 'i', "dflres/irq0" },
	{ 'e', "dflres/irq0_eventfd" },
	{ 'l', "dflres/lease" },
	{ 'x', "dflres/resource0" },
	/* the card's, with its BARs */
	{ 'b', "../../../../resource" },
};

static const char *file_of(char letter)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		if (files[i].letter == letter)
			return files[i].file;
	}
	return NULL;
}

static void set_text(const char *file, const char *text, size_t length)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "bus/dfl/devices/dfl_dev.0/%s", file);
	put(path, text, length);
}

static void delete(const char *file)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/bus/dfl/devices/dfl_dev.0/%s",
		 fixture_root(), file);
	unlink(path);
}

/* Another target of the link on the bus, or of that to the driver. */
static void set_link(const char *link, const uint8_t *text, size_t length)
{
	char path[PATH_MAX];
	char *target = strndup((const char *)text, length);

	snprintf(path, sizeof(path), "%s/bus/dfl/devices/%s", fixture_root(),
		 link);
	unlink(path);
	if (symlink(target, path))
		perror(path);
	free(target);
}

static void lay_out(const uint8_t *data, size_t size)
{
	while (size) {
		const uint8_t *next = memchr(data + 1, '%', size - 1);
		size_t length = next ? (size_t)(next - data) : size;
		const char *file;

		if (length >= 3 && data[1] == '-') {
			file = file_of(data[2]);
			if (file)
				delete(file);
		} else if (length >= 2) {
			file = file_of(data[1]);
			if (file)
				set_text(file, (const char *)data + 2,
					 length - 2);
			else if (data[1] == 'D')
				set_link("dfl_dev.0/driver", data + 2,
					 length - 2);
			else if (data[1] == 'L')
				set_link("dfl_dev.1", data + 2, length - 2);
		}
		data += length;
		size -= length;
	}
}

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void ask(const struct dflres_feature *feature)
{
	enum dflres_owner owner = DFLRES_OWNER_NONE;
	struct dflres_resource resource;
	enum dflres_dma dma = DFLRES_DMA_OFF;
	unsigned int number;
	char driver[16];
	bool mappable;
	pid_t pid;
	uid_t uid;

	if (!dflres_feature_type(feature, &number))
		must(number <= UINT16_MAX);
	if (!dflres_feature_id(feature, &number))
		must(number <= UINT16_MAX);
	if (!dflres_feature_revision(feature, &number))
		must(number <= UINT8_MAX);
	if (!dflres_feature_num_irqs(feature, &number))
		must(number <= INT_MAX);
	if (!dflres_feature_owner_pid(feature, &pid))
		must(pid >= 0);
	if (!dflres_feature_resource(feature, &resource))
		must(resource.start <= resource.end);
	if (!dflres_feature_driver(feature, driver, sizeof(driver)))
		must(strlen(driver) < sizeof(driver));
	dflres_feature_owner_uid(feature, &uid);
	dflres_feature_mappable(feature, &mappable);
	dflres_feature_owner(feature, &owner);
	must(dflres_owner_name(owner));
	dflres_feature_dma(feature, &dma);
	must(dflres_dma_name(dma));
}

static void read_registers(const struct dflres_claim *claim,
			   unsigned int flags)
{
	struct dflres_regs *regs;
	uint64_t value;

	if (dflres_regs_open(&regs, claim, flags))
		return;
	dflres_regs_try_read(regs, 0, 64, &value);
	dflres_regs_try_read(regs, dflres_regs_size(regs) - 1, 8, &value);
	must(dflres_regs_try_read(regs, dflres_regs_size(regs), 8, &value));
	dflres_regs_close(regs);
}

static void use(const struct dflres_feature *feature)
{
	struct dflres_claim *claim;
	struct dflres_irq *irq;
	uint64_t count;

	if (dflres_claim_open(&claim, feature, 0, 0))
		return;
	read_registers(claim, DFLRES_REGS_NO_MAP);
	read_registers(claim, DFLRES_REGS_GUARD);
	if (!dflres_irq_open(&irq, claim, 0, DFLRES_IRQ_WATCH)) {
		dflres_irq_count(irq, &count);
		dflres_irq_take(irq, &count);
		dflres_irq_close(irq);
	}
	dflres_claim_close(claim);
}

static void use_library(void)
{
	struct dflres_feature *feature;
	struct dflres_list *list;

	if (dflres_list_new(&list))
		return;
	for (size_t i = 0; i < dflres_list_count(list); i++) {
		if (dflres_list_open(&feature, list, i))
			continue;
		ask(feature);
		use(feature);
		dflres_feature_close(feature);
	}
	dflres_list_free(list);
}

static void use_tool(char *command, char *operand)
{
	char *argv[] = { "dflres", command, operand, NULL };

	optind = 0;
	tool_main(operand ? 3 : 2, argv);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char registers[32] = "";

	/* thousands of trees: in memory if that is possible */
	scratch_create_in(access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	fixture_create();
	add_feature(&plain_feature);
	set_file(0, "dflres/dma", "translated\n");
	set_file(0, "dflres/irq0", "0\n");
	set_file(0, "dflres/irq0_eventfd", "");
	set_file(0, "dflres/lease", "");
	set_text("dflres/resource0", registers, sizeof(registers));
	lay_out(data, size);
	use_tool("list", NULL);
	use_tool("map", "-j");
	use_tool("map", NULL);
	use_tool("info", "dfl_dev.0");
	use_library();
	scratch_remove();
	return 0;
}
