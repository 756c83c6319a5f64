// SPDX-License-Identifier: GPL-2.0
/* The cards: those with features, and those that have none yet. */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report.h"

#define PCI "/sys/bus/pci/devices"

/* In the third column of PCI's file `resource` */
#define FLAG_IO		0x000100u
#define FLAG_PREFETCH	0x002000u
#define FLAG_64		0x100000u

struct cards {
	json_object *features;
	int count;
};

static bool has_features(const struct cards *cards, const char *card)
{
	for (size_t i = 0; i < json_object_array_length(cards->features); i++) {
		json_object *feature, *value;

		feature = json_object_array_get_idx(cards->features, i);
		if (json_object_object_get_ex(feature, "card", &value) &&
		    value && !strcmp(json_object_get_string(value), card))
			return true;
	}
	return false;
}

/* An accelerator without a driver may be a card whose driver is missing. */
static bool is_card(const struct cards *cards, const char *card)
{
	char text[REPORT_TEXT_MAX];

	if (!report_read(text, PCI "/%s/class", card) &&
	    !strncmp(text, "0x12", 4))
		return true;
	if (!report_link(text, PCI "/%s/driver", card) &&
	    !strcmp(text, "dfl-pci"))
		return true;
	return has_features(cards, card);
}

/* "0x8086" as "8086"; "?" if it cannot be read */
static void print_id(const char *card, const char *file, const char *before)
{
	char text[REPORT_TEXT_MAX];

	if (report_read(text, PCI "/%s/%s", card, file))
		strcpy(text, "?");
	printf("%s%s", before, strncmp(text, "0x", 2) ? text : text + 2);
}

static void print_ids(const char *card)
{
	printf("%-*s  ", REPORT_WIDTH, "ids");
	print_id(card, "vendor", "");
	print_id(card, "device", ":");
	print_id(card, "subsystem_vendor", ", subsystem ");
	print_id(card, "subsystem_device", ":");
	print_id(card, "class", ", class ");
	print_id(card, "revision", ", revision ");
	putchar('\n');
}

static void print_driver(const char *card)
{
	char text[REPORT_TEXT_MAX];

	report_line("driver", "%s",
		    report_link(text, PCI "/%s/driver", card) ? "-" : text);
}

static void print_link(const char *card)
{
	char speed[REPORT_TEXT_MAX], width[REPORT_TEXT_MAX];

	if (!report_read(speed, PCI "/%s/current_link_speed", card) &&
	    !report_read(width, PCI "/%s/current_link_width", card))
		report_line("link", "%s, %s lanes", speed, width);
	if (!report_read(width, PCI "/%s/sriov_numvfs", card))
		report_line("VFs", "%s", width);
}

static void print_group(const char *card)
{
	char group[REPORT_TEXT_MAX], type[REPORT_TEXT_MAX];
	int devices;

	if (report_link(group, PCI "/%s/iommu_group", card)) {
		report_line("IOMMU group", "-");
		return;
	}
	if (report_read(type, PCI "/%s/iommu_group/type", card))
		strcpy(type, "?");
	devices = report_each(NULL, NULL, PCI "/%s/iommu_group/devices", card);
	report_line("IOMMU group", "%s, %s, %d in it", group, type,
		    devices < 0 ? 0 : devices);
}

static void print_bars(const char *card)
{
	uint64_t start, end, flags;
	FILE *file;
	int fd;

	fd = report_open(PCI "/%s/resource", card);
	file = fd < 0 ? NULL : fdopen(fd, "r");
	for (int bar = 0; file && bar < DFLRES_BARS; bar++) {
		if (fscanf(file, "%" SCNx64 " %" SCNx64 " %" SCNx64, &start,
			   &end, &flags) != 3)
			break;
		if (!flags)
			continue;
		printf("BAR %-*d  0x%016" PRIx64 ", 0x%" PRIx64 " bytes%s%s%s\n",
		       REPORT_WIDTH - 4, bar, start, end - start + 1,
		       flags & FLAG_IO ? ", of ports" : "",
		       flags & FLAG_64 ? ", 64 bits" : "",
		       flags & FLAG_PREFETCH ? ", prefetchable" : "");
	}
	if (file)
		fclose(file);
}

static void print_card(const char *card, void *context)
{
	struct cards *cards = context;

	if (!is_card(cards, card))
		return;
	printf("%s%-*s  %s\n", cards->count++ ? "\n" : "", REPORT_WIDTH, "card",
	       card);
	print_ids(card);
	print_driver(card);
	print_link(card);
	print_group(card);
	print_bars(card);
}

void report_cards(json_object *features)
{
	struct cards cards = { features, 0 };

	report_title("Cards");
	report_each(print_card, &cards, PCI);
	if (!cards.count)
		puts("none: no accelerator is on PCI, and no card has features");
}
