// SPDX-License-Identifier: LGPL-2.1-or-later
/* One feature: its directory in sysfs, and what the files in it say. */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "feature.h"

/* More than any value of the ABI needs: one that fills it is none. */
#define VALUE_MAX 4096

/* 00000000:00:00.0: a domain has four digits, or more behind a VMD bridge. */
#define CARD_MAX 17

struct dflres_feature {
	int dir;
	char card[CARD_MAX];
	char name[];
};

static const char *const owner_names[] = {
	[DFLRES_OWNER_NONE] = "none",
	[DFLRES_OWNER_KERNEL] = "kernel",
	[DFLRES_OWNER_USER] = "user",
};

#define OWNERS (sizeof(owner_names) / sizeof(owner_names[0]))

const char *dflres_owner_name(enum dflres_owner owner)
{
	return owner_names[owner];
}

static bool is_pci_address(const char *s, size_t length)
{
	/* what follows the domain; x is a hexadecimal digit, o an octal one */
	static const char tail[] = ":xx:xx.o";
	const size_t domain = length - (sizeof(tail) - 1);

	if (length < sizeof(tail) - 1 + 4 || length >= CARD_MAX)
		return false;
	for (size_t i = 0; i < length; i++) {
		char expected = i < domain ? 'x' : tail[i - domain];

		if (expected == 'x' ? !isxdigit((unsigned char)s[i]) :
		    expected == 'o' ? s[i] < '0' || s[i] > '7' :
		    s[i] != expected)
			return false;
	}
	return true;
}

/* Bridges come before the card in the path: the last address is the card's. */
static void find_card(const char *path, char card[CARD_MAX])
{
	while (*path) {
		size_t length = strcspn(path, "/");

		if (is_pci_address(path, length)) {
			memcpy(card, path, length);
			card[length] = '\0';
		}
		path += length;
		path += strspn(path, "/");
	}
}

int dflres_feature_open(struct dflres_feature **feature, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	struct dflres_feature *new;
	int error;

	new = calloc(1, sizeof(*new) + strlen(name) + 1);
	if (!new)
		return -ENOMEM;
	strcpy(new->name, name);
	find_card(path, new->card);
	new->dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (new->dir < 0) {
		error = errno == ENOENT ? -ENODEV : -errno;
		free(new);
		return error;
	}
	*feature = new;
	return 0;
}

void dflres_feature_close(struct dflres_feature *feature)
{
	if (!feature)
		return;
	close(feature->dir);
	free(feature);
}

const char *dflres_feature_name(const struct dflres_feature *feature)
{
	return feature->name;
}

const char *dflres_feature_card(const struct dflres_feature *feature)
{
	return feature->card;
}

/*
 * ENOENT and ENODEV may both mean that a file is gone, or that the feature is.
 * The file uevent, which every device has, tells which.
 */
static int file_error(const struct dflres_feature *feature, int error)
{
	if (error != ENOENT && error != ENODEV)
		return -error;
	return faccessat(feature->dir, "uevent", F_OK, 0) ? -ENODEV : -ENOENT;
}

/* One read(2): a value that is read in pieces may be of two moments. */
static int read_value(const struct dflres_feature *feature, const char *file,
		      char value[VALUE_MAX])
{
	ssize_t length;
	int fd, error;

	fd = openat(feature->dir, file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return file_error(feature, errno);
	length = read(fd, value, VALUE_MAX);
	error = errno;
	close(fd);
	if (length < 0)
		return file_error(feature, error);
	if (length == VALUE_MAX || memchr(value, '\0', length))
		return -EIO;
	if (length > 0 && value[length - 1] == '\n')
		length--;
	value[length] = '\0';
	return 0;
}

/*
 * Parse the number at *@s and move *@s behind it. Stricter than strtoull(),
 * which takes spaces, signs and, in base 16, a missing 0x.
 */
static int parse_number(const char **s, int base, uint64_t max,
			uint64_t *number)
{
	const char *digits = *s;
	unsigned long long value;
	char *end;

	if (base == 16) {
		if (strncmp(digits, "0x", 2))
			return -EIO;
		digits += 2;
	}
	if (!isxdigit((unsigned char)*digits) || !strncmp(digits, "0x", 2))
		return -EIO;
	errno = 0;
	value = strtoull(digits, &end, base);
	if (errno || end == digits || value > max)
		return -EIO;
	*s = end;
	*number = value;
	return 0;
}

static int read_number(const struct dflres_feature *feature, const char *file,
		       int base, uint64_t max, uint64_t *number)
{
	char value[VALUE_MAX];
	const char *s = value;
	int error;

	error = read_value(feature, file, value);
	if (error)
		return error;
	error = parse_number(&s, base, max, number);
	if (error)
		return error;
	return *s ? -EIO : 0;
}

static int read_uint(const struct dflres_feature *feature, const char *file,
		     int base, unsigned int max, unsigned int *number)
{
	uint64_t value;
	int error;

	error = read_number(feature, file, base, max, &value);
	if (!error)
		*number = value;
	return error;
}

int dflres_feature_type(const struct dflres_feature *feature,
			unsigned int *type)
{
	return read_uint(feature, "type", 16, UINT16_MAX, type);
}

int dflres_feature_id(const struct dflres_feature *feature, unsigned int *id)
{
	return read_uint(feature, "feature_id", 16, UINT16_MAX, id);
}

int dflres_feature_revision(const struct dflres_feature *feature,
			    unsigned int *revision)
{
	return read_uint(feature, "dflres/revision", 16, UINT8_MAX, revision);
}

int dflres_feature_num_irqs(const struct dflres_feature *feature,
			    unsigned int *num_irqs)
{
	return read_uint(feature, "dflres/num_irqs", 10, INT_MAX, num_irqs);
}

int dflres_feature_mappable(const struct dflres_feature *feature,
			    bool *mappable)
{
	unsigned int value;
	int error;

	error = read_uint(feature, "dflres/mappable", 10, 1, &value);
	if (!error)
		*mappable = value;
	return error;
}

int dflres_feature_owner_pid(const struct dflres_feature *feature, pid_t *pid)
{
	unsigned int value;
	int error;

	error = read_uint(feature, "dflres/owner_pid", 10, INT_MAX, &value);
	if (!error)
		*pid = value;
	return error;
}

static int parse_resource(const char *s, struct dflres_resource *resource)
{
	uint64_t *const fields[] = {
		&resource->start, &resource->end, &resource->flags
	};
	int error;

	for (size_t i = 0; i < 3; i++) {
		if (i && *s++ != ' ')
			return -EIO;
		error = parse_number(&s, 16, UINT64_MAX, fields[i]);
		if (error)
			return error;
	}
	return *s || resource->end < resource->start ? -EIO : 0;
}

int dflres_feature_resource(const struct dflres_feature *feature,
			    struct dflres_resource *resource)
{
	struct dflres_resource parsed;
	char value[VALUE_MAX];
	int error;

	error = read_value(feature, "dflres/resource", value);
	if (error)
		return error;
	error = parse_resource(value, &parsed);
	if (!error)
		*resource = parsed;
	return error;
}

int dflres_feature_owner(const struct dflres_feature *feature,
			 enum dflres_owner *owner)
{
	char value[VALUE_MAX];
	int error;

	error = read_value(feature, "dflres/owner", value);
	if (error)
		return error;
	for (size_t i = 0; i < OWNERS; i++) {
		if (!strcmp(value, owner_names[i])) {
			*owner = i;
			return 0;
		}
	}
	return -EIO;
}

int dflres_feature_driver(const struct dflres_feature *feature, char *name,
			  size_t size)
{
	char target[PATH_MAX];
	const char *slash, *last;
	ssize_t length;

	length = readlinkat(feature->dir, "driver", target, sizeof(target));
	if (length < 0)
		return file_error(feature, errno);
	if ((size_t)length == sizeof(target))
		return -ENAMETOOLONG;
	target[length] = '\0';
	slash = strrchr(target, '/');
	last = slash ? slash + 1 : target;
	if (!*last)
		return -EIO;
	if (strlen(last) >= size)
		return -ENAMETOOLONG;
	strcpy(name, last);
	return 0;
}
