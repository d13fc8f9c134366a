using AgentWarden.Kernel.Contracts;
using AgentWarden.Platform.Hosting;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.Composition;

/// <summary>What a process is composed by.</summary>
internal sealed record WardenOptions
{
    /// <summary>What of it all this process does.</summary>
    public required HostedParts Parts { get; init; }

    /// <summary>Environment variables.</summary>
    public required Func<string, string?> Settings { get; init; }

    public required ILoggerFactory Loggers { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Which functions there are, and which are switched on.</summary>
    public required FunctionCatalog Catalog { get; init; }

    /// <summary>True behind a Functions host, which reads the functions' queues; nobody else does.</summary>
    public bool ReadsQueues { get; init; }

    /// <summary>False only where nobody but the developer reaches the endpoint.</summary>
    public bool ChecksCallers { get; init; } = true;

    /// <summary>True when something calls the handler with events.</summary>
    public bool TakesEvents(string handler) => Catalog.Calls(handler, t => t is HttpTrigger || (ReadsQueues && t is QueueTrigger));
}
