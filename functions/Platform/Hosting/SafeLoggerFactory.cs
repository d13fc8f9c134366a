using AgentWarden.Kernel.Telemetry;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.Hosting;

/// <summary>In front of loggers that are not ours and write whole exceptions: a message may hold data, so they get what our own logs would say.</summary>
internal sealed class SafeLoggerFactory(ILoggerFactory loggers) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) => new SafeLogger(loggers.CreateLogger(categoryName));

    public void AddProvider(ILoggerProvider provider) => loggers.AddProvider(provider);

    /// <summary>They belong to whoever made them.</summary>
    public void Dispose()
    {
    }

    private sealed class SafeLogger(ILogger logger) : ILogger
    {
        public bool IsEnabled(LogLevel logLevel) => logger.IsEnabled(logLevel);

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => logger.BeginScope(state);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            logger.Log(logLevel, eventId, state, exception: null, exception is null
                ? formatter
                : (s, _) => $"{formatter(s, null)} {SafeException.Describe(exception)}");
    }
}
