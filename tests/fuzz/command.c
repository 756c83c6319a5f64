// SPDX-License-Identifier: GPL-2.0
/*
 * The tool's command line: numbers, sizes, times, selectors, options. An input
 * is a word on each line. Nothing that it asks for is done for good: commands
 * that change something, or wait, are asked for their help after all the rest.
 */
#include <config.h>

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

#define MAX_WORDS 16
#define REGISTERS 64

int tool_main(int argc, char **argv);

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

FILE *__real_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);

/* Linked in fopen()'s place. Only a dump opens a file so, and it is not to write to just any file. */
FILE *__wrap_fopen(const char *path, const char *mode)
{
	return __real_fopen(strcmp(mode, "we") ? path : "/dev/null", mode);
}

static void add(unsigned int number, const char *fiu, const char *type,
		const char *owner)
{
	struct fixture_feature feature = plain_feature;

	feature.number = number;
	feature.fiu = fiu;
	feature.type = type;
	feature.owner = owner;
	add_feature(&feature);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char registers[REGISTERS];

	(void)argc;
	(void)argv;
	scratch_create();
	atexit(scratch_remove);
	fixture_create();
	add(0, "dfl-fme.0", "0x0\n", "none\n");
	add(1, "dfl-port.0", "0x1\n", "kernel\n");
	add(2, "dfl-port.1", "0x1\n", "user\n");
	memset(registers, 0xa5, sizeof(registers));
	put("bus/dfl/devices/dfl_dev.2/dflres/resource0", registers,
	    sizeof(registers));
	set_file(2, "dflres/resource", "0xc0008000 0xc000803f 0x200\n");
	return 0;
}

/* The lines, each in memory of its own, so that a look beyond its end shows. */
static int split(const uint8_t *data, size_t size, char *words[MAX_WORDS])
{
	int count = 0;

	while (size && count < MAX_WORDS) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t length = end ? (size_t)(end - data) : size;

		words[count++] = strndup((const char *)data, length);
		length += end != NULL;
		data += length;
		size -= length;
	}
	return count;
}

static bool only_reads(int count, char **words)
{
	static const char *const others[] = {
		"claim", "release", "write", "update", "load", "wait", "shell", "exec",
		"monitor", "keep", "watch", "cdi",
		"report",
	};

	for (int i = 0; i < count; i++) {
		for (size_t j = 0; j < sizeof(others) / sizeof(*others); j++) {
			if (!strcmp(words[i], others[j]))
				return false;
		}
	}
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *words[MAX_WORDS], *argv[MAX_WORDS + 3];
	int count = split(data, size, words), argc = 0;
	bool harmless = only_reads(count, words);

	argv[argc++] = "dflres";
	for (int i = 0; i < count; i++) {
		/* behind it would be a program, and --help no option */
		if (harmless || strcmp(words[i], "--"))
			argv[argc++] = words[i];
	}
	if (!harmless)
		argv[argc++] = "--help";
	argv[argc] = NULL;
	optind = 0;
	tool_main(argc, argv);
	for (int i = 0; i < count; i++)
		free(words[i]);
	return 0;
}
