// SPDX-License-Identifier: GPL-2.0
/* dflres map: the BARs of each card, page by page. */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

/* How many pages of a run are drawn one by one. */
#define MAX_DRAWN 16

struct place {
	json_object *object;	/* as describe() made it */
	const char *card;
	const char *owner;
	struct dflres_resource resource;
	bool drawn;
};

struct map {
	struct place *places;
	size_t count;
	uint64_t page;
	json_object *bars;	/* the output */
};

static const char *member(json_object *object, const char *key)
{
	json_object *value;

	if (!json_object_object_get_ex(object, key, &value) || !value)
		return "";
	return json_object_get_string(value);
}

/* ---- the features ---- */

static int add_place(struct map *map, const struct dflres_feature *feature,
		     bool *incomplete)
{
	struct place *place = &map->places[map->count];
	int error;

	error = dflres_feature_resource(feature, &place->resource);
	if (!error)
		error = describe(feature, &place->object, incomplete);
	if (error)
		return error;
	place->card = member(place->object, "card");
	place->owner = member(place->object, "owner");
	json_add(place->object, "path",
		 json_object_new_string(dflres_feature_path(feature)));
	map->count++;
	return 0;
}

/* By card, then by address. */
static int compare_places(const void *a, const void *b)
{
	const struct place *one = a, *other = b;
	int order = strcmp(one->card, other->card);

	if (order)
		return order;
	if (one->resource.start != other->resource.start)
		return one->resource.start < other->resource.start ? -1 : 1;
	return 0;
}

static enum exit_status find_places(struct map *map)
{
	bool incomplete = false, unmanaged = false;
	struct dflres_list *list;
	int error;

	error = dflres_list_new(&list);
	if (error)
		return explain_list(error);
	map->places = calloc(dflres_list_count(list) + 1,
			     sizeof(*map->places));
	if (!map->places)
		error = -ENOMEM;
	for (size_t i = 0; i < dflres_list_count(list) && !error; i++) {
		struct dflres_feature *feature;

		error = dflres_list_open(&feature, list, i);
		if (!error) {
			error = add_place(map, feature, &incomplete);
			dflres_feature_close(feature);
		}
		if (error == -ENOENT)
			unmanaged = true;
		/* it went away meanwhile */
		if (error == -ENODEV || error == -ENOENT)
			error = 0;
	}
	dflres_list_free(list);
	if (error)
		return explain_list(error);
	qsort(map->places, map->count, sizeof(*map->places), compare_places);
	if (unmanaged && !map->count) {
		complain("the dflres module is not loaded, so the addresses of the features are unknown; load it with modprobe dflres.");
		return STATUS_FAILURE;
	}
	return incomplete ? STATUS_FAILURE : STATUS_OK;
}

/* ---- the BARs ---- */

/* Not kept open: some thousand features would need too many descriptors. */
static int read_bars(const struct place *place,
		     struct dflres_resource bars[DFLRES_BARS])
{
	struct dflres_feature *feature;
	int error;

	error = dflres_feature_open(&feature, member(place->object, "path"));
	if (error)
		return error;
	error = dflres_feature_bars(feature, bars);
	dflres_feature_close(feature);
	return error;
}

/* ---- the runs of pages that hold the same features ---- */

static bool inside(const struct place *place, const struct dflres_resource *bar)
{
	return bar->end && place->resource.start >= bar->start &&
	       place->resource.start <= bar->end;
}

static bool touches(const struct place *place, uint64_t first, uint64_t last)
{
	return place->resource.start <= last && place->resource.end >= first;
}

static uint64_t page_of(const struct map *map, uint64_t address)
{
	return address - address % map->page;
}

/*
 * The end of the run of pages that begins at @first: a feature begins in the
 * page behind it, or ends in its last page.
 */
static uint64_t run_end(const struct map *map, const struct place *places,
			size_t count, const struct dflres_resource *bar,
			uint64_t first)
{
	uint64_t end = bar->end;

	for (size_t i = 0; i < count; i++) {
		uint64_t begin = page_of(map, places[i].resource.start);
		uint64_t last = page_of(map, places[i].resource.end) +
				map->page - 1;

		if (begin > first && begin - 1 < end)
			end = begin - 1;
		if (last >= first && last < end)
			end = last;
	}
	return end;
}

static json_object *place_in_run(struct place *place,
				 const struct dflres_resource *bar)
{
	static const char * const keys[] = {
		"feature", "type", "id", "id_name", "size", "owner", "driver",
		"pid", "command", "user",
	};
	json_object *object = json_object_new_object();

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		json_object *value;

		if (json_object_object_get_ex(place->object, keys[i], &value))
			json_add(object, keys[i], json_object_get(value));
	}
	json_add(object, "offset",
		 json_hex(place->resource.start - bar->start, 1));
	place->drawn = true;
	return object;
}

static json_object *new_run(const struct map *map, struct place *places,
			    size_t count, const struct dflres_resource *bar,
			    uint64_t first, uint64_t last)
{
	json_object *features = json_object_new_array();
	json_object *run = json_object_new_object();
	const char *use = "hole";

	for (size_t i = 0; i < count; i++) {
		if (!touches(&places[i], first, last))
			continue;
		json_object_array_add(features, place_in_run(&places[i], bar));
		use = places[i].owner;
	}
	if (json_object_array_length(features) > 1)
		use = "shared";
	json_add(run, "offset", json_hex(first - bar->start, 8));
	json_add(run, "pages", json_object_new_uint64(
			(last - first + map->page) / map->page));
	json_add(run, "use", json_object_new_string(use));
	json_add(run, "features", features);
	return run;
}

static void add_bar(struct map *map, struct place *places, size_t count,
		    size_t number, const struct dflres_resource *bar)
{
	json_object *object, *runs;
	uint64_t first = bar->start, last;
	size_t used = 0;

	for (size_t i = 0; i < count; i++)
		used += inside(&places[i], bar);
	if (!used)
		return;
	object = json_object_new_object();
	runs = json_object_new_array();
	do {
		last = run_end(map, places, count, bar, first);
		json_object_array_add(runs, new_run(map, places, count, bar,
						    first, last));
		first = last + 1;
	} while (last < bar->end);
	json_add(object, "card", json_object_new_string(places->card));
	json_add(object, "bar", json_object_new_int((int)number));
	json_add(object, "start", json_hex(bar->start, 16));
	json_add(object, "size",
		 json_object_new_uint64(bar->end - bar->start + 1));
	json_add(object, "page_size", json_object_new_uint64(map->page));
	json_add(object, "runs", runs);
	json_object_array_add(map->bars, object);
}

static bool add_card(struct map *map, struct place *places, size_t count)
{
	struct dflres_resource bars[DFLRES_BARS] = { 0 };
	bool complete = true;

	/* without BARs, the loop below complains about the features */
	if (!read_bars(places, bars)) {
		for (size_t i = 0; i < DFLRES_BARS; i++)
			add_bar(map, places, count, i, &bars[i]);
	}
	for (size_t i = 0; i < count; i++) {
		if (places[i].drawn)
			continue;
		complain("%s, at 0x%" PRIx64 ", is in no known BAR of its card.",
			 member(places[i].object, "feature"),
			 places[i].resource.start);
		complete = false;
	}
	return complete;
}

/* ---- the picture ---- */

static char glyph_of(const char *use)
{
	if (!strcmp(use, "hole"))
		return '.';
	if (!strcmp(use, "shared"))
		return '%';
	if (!strcmp(use, "user"))
		return 'U';
	if (!strcmp(use, "kernel"))
		return 'K';
	/* a word of a newer module, or one that could not be read */
	return strcmp(use, "none") ? '?' : '-';
}

/* One character for each page, or as many as there is room for. */
static void draw(json_object *run, char picture[MAX_DRAWN + 1])
{
	json_object *pages = json_object_object_get(run, "pages");
	uint64_t number = json_object_get_uint64(pages);
	size_t length = number < MAX_DRAWN ? (size_t)number : MAX_DRAWN;

	memset(picture, glyph_of(member(run, "use")), length);
	picture[length] = '\0';
	if (number > MAX_DRAWN)
		memcpy(picture + MAX_DRAWN / 2 - 1, "//", 2);
}

static void print_run(json_object *run)
{
	static const struct field fields[] = {
		{ "", "feature", FORMAT_PLAIN },
		{ "", "type", FORMAT_PLAIN },
		{ "", "id", FORMAT_PLAIN },
		{ "", "offset", FORMAT_PLAIN },
		{ "", "size", FORMAT_HEX },
		{ "", "owner", FORMAT_OWNER },
		{ "", NULL, FORMAT_BY },
	};
	json_object *features = json_object_object_get(run, "features");
	size_t count = json_object_array_length(features);
	char picture[MAX_DRAWN + 1];

	draw(run, picture);
	printf("  %s  %-*s  %5s  ", member(run, "offset"), MAX_DRAWN, picture,
	       member(run, "pages"));
	if (!count)
		puts("(hole)");
	for (size_t i = 0; i < count; i++) {
		if (i)
			printf("  %*s  ", 10 + 2 + MAX_DRAWN + 2 + 5, "");
		print_line(json_object_array_get_idx(features, i), fields,
			   ARRAY_SIZE(fields));
	}
}

static void print_map(const struct map *map)
{
	for (size_t i = 0; i < json_object_array_length(map->bars); i++) {
		json_object *bar = json_object_array_get_idx(map->bars, i);
		json_object *runs = json_object_object_get(bar, "runs");

		printf("%s%s BAR %s at %s, %s bytes in pages of %s\n",
		       i ? "\n" : "", member(bar, "card"), member(bar, "bar"),
		       member(bar, "start"), member(bar, "size"),
		       member(bar, "page_size"));
		for (size_t j = 0; j < json_object_array_length(runs); j++)
			print_run(json_object_array_get_idx(runs, j));
	}
	if (json_object_array_length(map->bars))
		puts("\nEach character is a page: - free, K kernel, U user, ? other, % shared by features, . no feature.");
}

static void print_document(const struct map *map, const struct options *options,
			   bool complete)
{
	json_object *document = new_document("bars", map->bars, complete);

	if (options->given & TAKES_JSON)
		print_json(document);
	else
		print_map(map);
	json_object_put(document);
}

static enum exit_status run(const struct options *options, int count,
			    char **operands)
{
	struct map map = { .page = (uint64_t)sysconf(_SC_PAGESIZE) };
	enum exit_status status;
	size_t first = 0;

	(void)count;
	(void)operands;
	status = find_places(&map);
	map.bars = json_object_new_array();
	while (first < map.count) {
		size_t next = first + 1;

		while (next < map.count &&
		       !strcmp(map.places[next].card, map.places[first].card))
			next++;
		if (!add_card(&map, &map.places[first], next - first))
			status = STATUS_FAILURE;
		first = next;
	}
	print_document(&map, options, !status);
	for (size_t i = 0; i < map.count; i++)
		json_object_put(map.places[i].object);
	free(map.places);
	return status;
}

const struct command command_map = {
	.name = "map",
	.operands = "",
	.takes = TAKES_JSON,
	.summary = "draw the cards' BARs and the features in them",
	.help = "A page with more than one feature is shared: no process can map it. A hole holds no\nfeature of the bus; what the card's own drivers use shows as a hole, too.",
	.run = run,
};
