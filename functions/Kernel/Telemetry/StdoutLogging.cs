using Microsoft.Extensions.Logging;

namespace AgentWarden.Kernel.Telemetry;

/// <summary>
/// Logs to stdout, one line an entry: JSON for collectors, text for a terminal.
/// Written by hand because the framework's console logger brings options, dependency injection and a thread into every cold start,
/// and because it prints exception messages, which may hold data.
/// stdout and not stderr: the Functions host takes every stderr line for an error.
/// </summary>
internal sealed class StdoutLoggerFactory(LogLevel level, Stream output, bool json, TimeProvider? clock = null) : ILoggerFactory
{
    /// <summary>Begins and ends each request in the log; and while it may log anything, the framework makes a span for each, though nobody traces.</summary>
    private const string Requests = "Microsoft.AspNetCore.Hosting.Diagnostics";

    /// <summary>An error for each probe of a process that is not ready yet; the probe's answer says why, and the kubelet shows it.</summary>
    private const string HealthChecks = "Microsoft.Extensions.Diagnostics.HealthChecks.DefaultHealthCheckService";

    private static readonly string[] Frameworks = ["Microsoft.", "Grpc.", "OpenTelemetry."];

    private readonly LogLineWriter _writer = new(output, json, clock ?? TimeProvider.System);

    /// <summary>By the settings <c>AGENTWARDEN_LOG_LEVEL</c> (Trace … None) and <c>AGENTWARDEN_LOG_FORMAT</c> (json, text; by default text on a terminal).</summary>
    public static StdoutLoggerFactory FromSettings(Func<string, string?> settings)
    {
        var level = Enum.TryParse<LogLevel>(settings("AGENTWARDEN_LOG_LEVEL"), ignoreCase: true, out var named) ? named : LogLevel.Information;
        var json = settings("AGENTWARDEN_LOG_FORMAT") switch
        {
            "json" => true,
            "text" => false,
            _ => Console.IsOutputRedirected,
        };
        return new StdoutLoggerFactory(level, Console.OpenStandardOutput(), json);
    }

    public ILogger CreateLogger(string categoryName) => new StdoutLogger(categoryName, Floor(categoryName, level), _writer);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("Logs go to stdout only.");

    public void Dispose()
    {
    }

    /// <summary>The frameworks' own information lines (each connection, each status of a call) are noise here; their warnings are not.</summary>
    private static LogLevel Floor(string category, LogLevel level) =>
        category is Requests or HealthChecks ? LogLevel.None
        : level == LogLevel.Information && Array.Exists(Frameworks, f => category.StartsWith(f, StringComparison.Ordinal)) ? LogLevel.Warning
        : level;

    private sealed class StdoutLogger(string category, LogLevel level, LogLineWriter writer) : ILogger
    {
        public bool IsEnabled(LogLevel logLevel) => logLevel >= level && logLevel != LogLevel.None;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                writer.Write(logLevel, category, formatter(state, null), state as IReadOnlyList<KeyValuePair<string, object?>>, exception);
            }
        }
    }
}
