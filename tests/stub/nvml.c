/* Stands for the driver: answers what the file named by NVML_STUB says, read anew at each call.
 *
 * Lines of the file; each `gpu` begins another GPU, and what follows is about it:
 *   driver VERSION
 *   gpu UUID DOMAIN BUS DEVICE       the bus numbers in decimal
 *   hidden                           not listed, only found by its UUID, as a MIG instance is
 *   memory TOTAL USED
 *   process PID|self BYTES|none
 *   clock SM DEFAULT MAX             MHz
 *   reasons BITS                     as 0x...
 *   temperature DEGREES
 *   energy START STEP EVERY          millijoules; one step more at every EVERYth question
 *   unsupported FUNCTION
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OK = 0, INVALID = 2, NOT_SUPPORTED = 3, NOT_FOUND = 6, TOO_SMALL = 7, NO_DRIVER = 9 };
enum { MOST = 8, LINE = 256 };
typedef unsigned long long u64;

typedef struct { unsigned pid; u64 bytes; unsigned instance, compute; } Process;
typedef struct { u64 total, available, used; } Memory;
typedef struct {
    char legacy[16];
    unsigned domain, bus, device, id, subsystem;
    char name[32];
} Pci;
typedef struct {
    char uuid[96], refused[MOST][64];
    unsigned domain, bus, device, sm, usual, highest, temperature, processes, refusals, hidden;
    u64 total, used, reasons, start, step, every;
    Process process[MOST];
} Gpu;

static Gpu gpus[MOST];
static unsigned count;
static char version[64];
static u64 asked[MOST];

static void line(const char *text) {
    char word[64], rest[LINE] = "", a[64], b[64];
    Gpu *gpu = count ? &gpus[count - 1] : NULL;
    if (sscanf(text, "%63s %255[^\n]", word, rest) < 1) return;
    if (!strcmp(word, "driver")) snprintf(version, sizeof version, "%.63s", rest);
    if (!strcmp(word, "gpu") && count < MOST) {
        gpu = &gpus[count++];
        memset(gpu, 0, sizeof *gpu);
        sscanf(rest, "%95s %u %u %u", gpu->uuid, &gpu->domain, &gpu->bus, &gpu->device);
    }
    if (!gpu) return;
    if (!strcmp(word, "hidden")) gpu->hidden = 1;
    if (!strcmp(word, "memory")) sscanf(rest, "%llu %llu", &gpu->total, &gpu->used);
    if (!strcmp(word, "clock")) sscanf(rest, "%u %u %u", &gpu->sm, &gpu->usual, &gpu->highest);
    if (!strcmp(word, "reasons")) gpu->reasons = strtoull(rest, NULL, 0);
    if (!strcmp(word, "temperature")) gpu->temperature = (unsigned)atoi(rest);
    if (!strcmp(word, "energy"))
        sscanf(rest, "%llu %llu %llu", &gpu->start, &gpu->step, &gpu->every);
    if (!strcmp(word, "unsupported") && gpu->refusals < MOST)
        snprintf(gpu->refused[gpu->refusals++], 64, "%.63s", rest);
    if (!strcmp(word, "process") && gpu->processes < MOST && sscanf(rest, "%63s %63s", a, b) == 2) {
        Process *one = &gpu->process[gpu->processes++];
        one->pid = strcmp(a, "self") ? (unsigned)atoi(a) : (unsigned)getpid();
        one->bytes = strcmp(b, "none") ? strtoull(b, NULL, 10) : ~0ULL;
        one->instance = one->compute = ~0u;
    }
}

static int load(void) {
    const char *path = getenv("NVML_STUB");
    FILE *file = path ? fopen(path, "r") : NULL;
    char text[LINE];
    if (!file) return NO_DRIVER;
    count = 0;
    while (fgets(text, sizeof text, file)) line(text);
    fclose(file);
    return OK;
}

/* The GPU of a handle, or NULL where this question is refused. */
static Gpu *of(void *handle, const char *question) {
    load();
    Gpu *gpu = &gpus[(size_t)handle - 1];
    for (unsigned i = 0; i < gpu->refusals; i++)
        if (!strcmp(gpu->refused[i], question)) return NULL;
    return gpu;
}
#define ASK(handle) Gpu *gpu = of(handle, __func__); if (!gpu) return NOT_SUPPORTED

int nvmlInitWithFlags(unsigned flags) { (void)flags; return load(); }
int nvmlShutdown(void) { return OK; }
const char *nvmlErrorString(int code) { (void)code; return "the stub refuses"; }
int nvmlSystemGetDriverVersion(char *to, unsigned size) {
    load();
    snprintf(to, size, "%s", version);
    return OK;
}
int nvmlDeviceGetCount_v2(unsigned *to) {
    load();
    *to = 0;
    for (unsigned i = 0; i < count; i++) *to += !gpus[i].hidden;
    return OK;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **to) {
    load();
    for (unsigned i = 0; i < count; i++)
        if (!gpus[i].hidden && index-- == 0) { *to = (void *)(size_t)(i + 1); return OK; }
    return INVALID;
}
int nvmlDeviceGetHandleByUUID(const char *uuid, void **to) {
    load();
    for (unsigned i = 0; i < count; i++)
        if (!strcmp(gpus[i].uuid, uuid)) { *to = (void *)(size_t)(i + 1); return OK; }
    return NOT_FOUND;
}
int nvmlDeviceGetUUID(void *handle, char *to, unsigned size) {
    ASK(handle);
    snprintf(to, size, "%s", gpu->uuid);
    return OK;
}
int nvmlDeviceGetName(void *handle, char *to, unsigned size) {
    ASK(handle);
    snprintf(to, size, "Stub of bus %u", gpu->bus);
    return OK;
}
int nvmlDeviceGetPciInfo_v3(void *handle, Pci *to) {
    ASK(handle);
    memset(to, 0, sizeof *to);
    to->domain = gpu->domain, to->bus = gpu->bus, to->device = gpu->device;
    return OK;
}
int nvmlDeviceGetMemoryInfo(void *handle, Memory *to) {
    ASK(handle);
    to->total = gpu->total, to->used = gpu->used, to->available = gpu->total - gpu->used;
    return OK;
}
int nvmlDeviceGetComputeRunningProcesses_v3(void *handle, unsigned *size, Process *to) {
    ASK(handle);
    unsigned room = *size;
    *size = gpu->processes;
    if (room < gpu->processes) return TOO_SMALL;
    if (to) memcpy(to, gpu->process, gpu->processes * sizeof *to);
    return OK;
}
int nvmlDeviceGetClockInfo(void *handle, int kind, unsigned *to) {
    ASK(handle);
    if (kind != 1) return INVALID; /* NVML_CLOCK_SM */
    *to = gpu->sm;
    return OK;
}
int nvmlDeviceGetMaxClockInfo(void *handle, int kind, unsigned *to) {
    ASK(handle);
    if (kind != 1) return INVALID;
    *to = gpu->highest;
    return OK;
}
int nvmlDeviceGetDefaultApplicationsClock(void *handle, int kind, unsigned *to) {
    ASK(handle);
    if (kind != 1) return INVALID;
    *to = gpu->usual;
    return OK;
}
int nvmlDeviceGetTemperature(void *handle, int sensor, unsigned *to) {
    ASK(handle);
    if (sensor) return INVALID;
    *to = gpu->temperature;
    return OK;
}
int nvmlDeviceGetCurrentClocksEventReasons(void *handle, u64 *to) {
    ASK(handle);
    *to = gpu->reasons;
    return OK;
}
int nvmlDeviceGetCurrentClocksThrottleReasons(void *handle, u64 *to) {
    ASK(handle);
    *to = gpu->reasons;
    return OK;
}
int nvmlDeviceGetTotalEnergyConsumption(void *handle, u64 *to) {
    ASK(handle);
    u64 times = asked[gpu - gpus]++;
    *to = gpu->start + (gpu->every ? gpu->step * (times / gpu->every) : 0);
    return OK;
}
