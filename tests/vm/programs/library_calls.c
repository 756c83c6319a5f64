// SPDX-License-Identifier: GPL-2.0
/*
 * How many system calls the library and the tool make, against the module: the figures are exact, and the same on every
 * machine. A listing is held against a loop of readdir(), open() and read() written by hand, on cards of 8, 64 and 512
 * features, or of so many at most as the argument says.
 */

#define _GNU_SOURCE
#include "guest.h"

#include <dflres.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define BUS "/sys/bus/dfl/devices"

/* Where what is listed goes: all that list write the same */
static FILE *output;

/* ---- the count ---- */

/* The calls of a child that does this, with those that starting and ending it take */
static long count_all(int (*fn)(void))
{
	int start[2], counter, status = 0;
	uint64_t calls;
	pid_t child;
	char go = 0;

	fflush(NULL);
	if (pipe2(start, O_CLOEXEC))
		bail("a pipe can be made");
	child = fork();
	if (!child)
		_exit(read(start[0], &go, 1) != 1 || fn());
	until_asleep(child);
	counter = open_call_counter(child);
	if (write(start[1], &go, 1) != 1 || waitpid(child, &status, 0) != child || status)
		bail("what is counted succeeds: status 0x%x", status);
	calls = read_call_counter(counter);
	close(counter);
	close(start[0]);
	close(start[1]);
	return (long)calls;
}

static int nothing(void)
{
	return 0;
}

static long count_calls(int (*fn)(void))
{
	return count_all(fn) - count_all(nothing);
}

/* ---- a listing ---- */

static const char *const files[] = {
	"type", "feature_id", "dflres/revision", "dflres/mappable", "dflres/num_irqs", "dflres/dma",
	"dflres/resource", "dflres/owner",
};
#define FILES (sizeof(files) / sizeof(files[0]))

static int by_number(const struct dirent **a, const struct dirent **b)
{
	return strverscmp((*a)->d_name, (*b)->d_name);
}

static int is_feature(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int read_text(const char *name, const char *file, char *text, size_t size)
{
	char where[512];
	ssize_t length;
	int fd;

	snprintf(where, sizeof(where), BUS "/%s/%s", name, file);
	fd = open(where, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	length = read(fd, text, size - 1);
	close(fd);
	if (length <= 0)
		return -1;
	text[length] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return 0;
}

/* The last PCI address of the path: bridges come before the card */
static const char *card_of(char *target)
{
	const char *card = "-";
	char *word, *save = NULL;

	for (word = strtok_r(target, "/", &save); word; word = strtok_r(NULL, "/", &save))
		if (strlen(word) == 12 && word[4] == ':' && word[7] == ':' && word[10] == '.')
			card = word;
	return card;
}

/* A line like that of the library's: numbers as sysfs has them, but without what pads them */
static int print_by_hand(const char *name)
{
	unsigned long long start, end, flags;
	char where[512], target[512], text[FILES][256];
	ssize_t length;
	size_t i;

	snprintf(where, sizeof(where), BUS "/%s", name);
	length = readlink(where, target, sizeof(target) - 1);
	if (length < 0)
		return -1;
	target[length] = '\0';
	for (i = 0; i < FILES; i++)
		if (read_text(name, files[i], text[i], sizeof(text[i])))
			return -1;
	if (sscanf(text[6], "%llx %llx %llx", &start, &end, &flags) != 3)
		return -1;
	fprintf(output, "%s %s %s %s %s %s %s %s 0x%llx 0x%llx %s\n", name, card_of(target), text[0], text[1], text[2],
		text[3], text[4], text[5], start, end, text[7]);
	return 0;
}

static int list_by_hand(void)
{
	struct dirent **names;
	int i, count, error = 0;

	count = scandir(BUS, &names, is_feature, by_number);
	for (i = 0; i < count && !error; i++)
		error = print_by_hand(names[i]->d_name);
	return count < 0 || error || fflush(output);
}

static int print_by_library(const struct dflres_feature *feat)
{
	unsigned int type, id, revision, irqs;
	struct dflres_resource resource;
	enum dflres_owner owner;
	enum dflres_dma dma;
	bool mappable;

	if (dflres_feature_type(feat, &type) || dflres_feature_id(feat, &id) ||
	    dflres_feature_revision(feat, &revision) || dflres_feature_mappable(feat, &mappable) ||
	    dflres_feature_num_irqs(feat, &irqs) || dflres_feature_dma(feat, &dma) ||
	    dflres_feature_resource(feat, &resource) || dflres_feature_owner(feat, &owner))
		return -1;
	fprintf(output, "%s %s 0x%x 0x%x 0x%x %d %u %s 0x%llx 0x%llx %s\n", dflres_feature_name(feat),
		dflres_feature_card(feat), type, id, revision, mappable, irqs, dflres_dma_name(dma),
		(unsigned long long)resource.start, (unsigned long long)resource.end, dflres_owner_name(owner));
	return 0;
}

static int list_by_library(void)
{
	struct dflres_list *list;
	int error = dflres_list_new(&list);
	size_t i;

	for (i = 0; !error && i < dflres_list_count(list); i++) {
		struct dflres_feature *feat;

		error = dflres_list_open(&feat, list, i);
		if (!error) {
			error = print_by_library(feat);
			dflres_feature_close(feat);
		}
	}
	return error || fflush(output);
}

/* The tool is a program: what it does to start and end is what it does to say its version */
static int run_tool(const char *argument)
{
	if (!freopen("/dev/null", "w", stdout))
		return 1;
	execl("/bin/dflres", "dflres", argument, (char *)NULL);
	return 1;
}

static int list_by_tool(void)
{
	return run_tool("list");
}

static int version_by_tool(void)
{
	return run_tool("--version");
}

static char *listing(int (*fn)(void))
{
	char *text = NULL;
	size_t size;

	output = open_memstream(&text, &size);
	if (!output || fn())
		bail("the features can be listed");
	fclose(output);
	return text;
}

static void test_listing(unsigned int features)
{
	long hand, library, tool;

	if (sh("card many %u >/cards/many.card", features))
		bail("a card of %u features can be described", features);
	setup("many");
	is_str(listing(list_by_library), listing(list_by_hand), "both ways to list %u features say the same", features);
	output = fopen("/dev/null", "we");
	hand = count_calls(list_by_hand);
	library = count_calls(list_by_library);
	tool = count_all(list_by_tool) - count_all(version_by_tool);
	fclose(output);
	note("system calls to list %4u features: %6ld by hand, %6ld by the library (%.2f times), %6ld by dflres list (%.2f times)",
	     features, hand, library, (double)library / hand, tool, (double)tool / hand);
	ok(hand > (long)(3 * FILES * features), "the loop by hand reads every file of the features");
	ok(2 * library <= 3 * hand, "the library lists with at most 1.5 times as many calls as a loop by hand");
	ok(2 * tool <= 3 * hand, "the tool lists with at most 1.5 times as many calls as a loop by hand");
}

/* ---- a first read ---- */

static struct dflres_feature *feat;
static unsigned int regs_flags;

static int read_first(void)
{
	struct dflres_claim *claim;
	struct dflres_regs *regs;
	uint64_t value;

	if (dflres_claim_open(&claim, feat, 0, 0) || dflres_regs_open(&regs, claim, regs_flags))
		return 1;
	/* nothing is closed: the claim ends with the process */
	return dflres_regs_try_read64(regs, 0, &value) || !value;
}

static void test_first_read(void)
{
	static const struct {
		const char *how;
		unsigned int flags;
	} ways[] = {
		{ "in a mapping", 0 },
		{ "in a guarded mapping", DFLRES_REGS_GUARD },
		{ "by pread", DFLRES_REGS_NO_MAP },
	};
	unsigned int i;

	setup("basic");
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct dflres_filter filter = DFLRES_FILTER_INIT;
		struct dflres_watch *watch;
		enum dflres_owner owner;
		long calls;

		filter.type = DFLRES_TYPE_FME;
		filter.id = PLAIN;
		if (dflres_feature_find(&feat, &filter, 0) ||
		    dflres_watch_open(&watch, feat))
			bail("the library finds feature 0x%x", PLAIN);
		regs_flags = ways[i].flags;
		calls = count_calls(read_first);
		note("system calls from a claim to the first register, %s: %ld", ways[i].how, calls);
		ok(calls >= 4 && calls <= 12, "the first register is read %s, with at most 12 calls", ways[i].how);
		/* the lease ends in a work item, soon after the process */
		while (!dflres_watch_read(watch, &owner) && owner == DFLRES_OWNER_USER)
			dflres_watch_wait(watch, 5000, &owner);
		dflres_watch_close(watch);
		dflres_feature_close(feat);
	}
}

int main(int argc, char **argv)
{
	unsigned long most = argc > 1 ? strtoul(argv[1], NULL, 0) : 512, features;

	for (features = 8; features <= most; features *= 8)
		test_listing(features);
	test_first_read();
	return done();
}
