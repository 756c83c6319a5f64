// SPDX-License-Identifier: GPL-2.0
/* What decides who may do what: lockdown, the IOMMU, a container. */
#include <config.h>

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "report.h"

#define SECURE_BOOT \
	"/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"

/* Options of the kernel's command line that matter; others may be private. */
static const char *const boot_options[] = {
	"iommu", "intel_iommu=", "amd_iommu=", "arm-smmu", "lockdown=", "iomem=",
	"module.sig_enforce", "modprobe.blacklist=", "module_blacklist=", "dfl",
	"pci=", "vfio", "threadirqs",
};

/* Four bytes of attributes, then the value */
static void print_secure_boot(void)
{
	unsigned char value[5];
	ssize_t length;
	int fd;

	if (!report_exists("/sys/firmware/efi")) {
		report_line("Secure Boot", "no: not started by EFI");
		return;
	}
	fd = report_open(SECURE_BOOT);
	length = fd < 0 ? fd : read(fd, value, sizeof(value));
	if (fd >= 0)
		close(fd);
	if (length == sizeof(value))
		report_line("Secure Boot", value[4] ? "yes" : "no");
	else
		report_line("Secure Boot", "unknown");
}

static void print_boot_options(void)
{
	char text[REPORT_TEXT_MAX * 8], *word, *rest = NULL;
	ssize_t length;
	int fd;

	fd = report_open("/proc/cmdline");
	length = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	text[length < 0 ? 0 : length] = '\0';
	report_cut(text);
	printf("%-*s ", REPORT_WIDTH, "boot options");
	for (word = strtok_r(text, " ", &rest); word;
	     word = strtok_r(NULL, " ", &rest)) {
		for (size_t i = 0; i < ARRAY_SIZE(boot_options); i++) {
			if (!strncmp(word, boot_options[i],
				     strlen(boot_options[i]))) {
				putchar(' ');
				report_safe(word);
				break;
			}
		}
	}
	putchar('\n');
}

static void print_name(const char *name, void *context)
{
	(void)context;
	printf("%s ", name);
}

static void print_iommu(void)
{
	int groups = report_each(NULL, NULL, "/sys/kernel/iommu_groups");

	printf("%-*s  ", REPORT_WIDTH, "IOMMU");
	if (report_each(print_name, NULL, "/sys/class/iommu") <= 0)
		printf("none ");
	printf("(groups: %d)\n", groups < 0 ? 0 : groups);
	report_value("require_iommu",
		     "/sys/module/dflres/parameters/require_iommu");
}

static void print_container(void)
{
	char text[REPORT_TEXT_MAX];

	if (report_read(text, "/run/systemd/container"))
		*text = '\0';
	if (*text)
		report_line("container", "%s", text);
	else if (report_exists("/run/.containerenv"))
		report_line("container", "podman");
	else if (report_exists("/.dockerenv"))
		report_line("container", "docker");
	else
		report_line("container", "no sign of one");
	/* the first one maps all users to themselves */
	if (report_read(text, "/proc/self/uid_map"))
		report_line("user namespace", "unknown");
	else
		report_line("user namespace", "%s",
			    strtoul(text, NULL, 10) == 0 &&
			    strstr(text, " 4294967295") ?
			    "the first one" : "another one");
}

static void print_sysfs(void)
{
	char path[PATH_MAX];
	struct statvfs fs;

	snprintf(path, sizeof(path), "%s/sys", report_root());
	if (statvfs(path, &fs))
		report_line("/sys", "%s", strerror(errno));
	else
		report_line("/sys", fs.f_flag & ST_RDONLY ? "read-only" :
							    "writable");
}

/* What matters about the user, without the name. */
static void print_user(void)
{
	const struct group *group = getgrnam("dfl");
	const char *member = "no";
	gid_t *groups;
	int count;

	report_line("run by root", geteuid() ? "no" : "yes");
	count = getgroups(0, NULL);
	groups = calloc((size_t)(count < 0 ? 0 : count) + 1, sizeof(*groups));
	if (!group || !groups) {
		report_line("group dfl", group ? "unknown" : "there is none");
		free(groups);
		return;
	}
	count = getgroups(count, groups);
	for (int i = 0; i < count; i++) {
		if (groups[i] == group->gr_gid)
			member = "yes";
	}
	report_line("group dfl", "%s", getegid() == group->gr_gid ? "yes" : member);
	free(groups);
}

void report_machine(void)
{
	report_title("Machine");
	report_value("lockdown", "/sys/kernel/security/lockdown");
	print_secure_boot();
	report_value("tainted", "/proc/sys/kernel/tainted");
	print_iommu();
	print_boot_options();
	print_container();
	print_sysfs();
	print_user();
}
