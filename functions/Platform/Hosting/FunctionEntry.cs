using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Telemetry;
using Microsoft.AspNetCore.Http;

namespace AgentWarden.Platform.Hosting;

/// <summary>Takes events, over HTTP or out of a message, to the handlers that look at objects.</summary>
internal interface IEventEntry
{
    /// <param name="function">Whom they are for; null for those that say it themselves.</param>
    /// <param name="call">The request.</param>
    /// <param name="cancellation">The sender has left.</param>
    Task<HttpAnswer> TakeAsync(string? function, HttpCall call, CancellationToken cancellation);

    /// <exception cref="Exception">Not all of them were carried out: the message is to come again.</exception>
    Task TakeAsync(string function, string message, CancellationToken cancellation);
}

/// <summary>From the function classes to their handlers, by name, in a Functions host as in a bare process.</summary>
/// <param name="handlers">All of them.</param>
/// <param name="events">Takes events.</param>
/// <param name="calls">Reads requests.</param>
/// <param name="invocations">Counts, times and logs each call.</param>
/// <param name="clock">For ticks.</param>
internal sealed class FunctionEntry(
    IEnumerable<IHandler> handlers, IEventEntry events, HttpCalls calls, Invocations invocations, TimeProvider clock) : IFunctionEntry
{
    private const string Intake = "EventIntake";

    private readonly Dictionary<string, IHandler> _handlers = handlers.ToDictionary(h => h.Name, StringComparer.Ordinal);

    public Task<IResult> HttpAsync(string function, HttpRequest request, CancellationToken cancellation)
    {
        var handler = (IHttpHandler)_handlers[function];
        return calls.AnswerAsync(request, (call, token) => CountedAsync(function, call, handler.HandleAsync, token), cancellation);
    }

    public Task<IResult> EventsAsync(string? function, HttpRequest request, CancellationToken cancellation) => calls.AnswerAsync(
        request,
        (call, token) => CountedAsync(Intake, call, (c, t) => events.TakeAsync(function, c, t), token),
        cancellation);

    public async Task MessageAsync(string function, string message, CancellationToken cancellation)
    {
        try
        {
            // As the intake's: each look that the message leads to is counted for its function by itself.
            await invocations.RunAsync(Intake, "queue", (events, function, message), static async (s, token) =>
            {
                await s.events.TakeAsync(s.function, s.message, token);
                return true;
            }, cancellation);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            throw FunctionFailedException.Of(function, failure);
        }
    }

    public async Task TickAsync(string function, CancellationToken cancellation)
    {
        var handler = (ITimerHandler)_handlers[function];
        try
        {
            await invocations.RunAsync(function, "timer", (handler, clock), static async (s, token) =>
            {
                await s.handler.TickAsync(s.clock.GetUtcNow(), token);
                return true;
            }, cancellation);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            throw FunctionFailedException.Of(function, failure);
        }
    }

    private Task<HttpAnswer> CountedAsync(string function, HttpCall call, HttpHandler handler, CancellationToken cancellation) => invocations.RunAsync(
        function, "http", (handler, call), static (s, token) => s.handler(s.call, token),
        cancellation, call.Header("traceparent"), call.Header("tracestate"));
}

/// <summary>
/// What a Functions host is told of a failure: it writes the whole exception into its own logs, and an exception's message may hold data.
/// So it gets this one, with what our own logs say.
/// </summary>
internal sealed class FunctionFailedException : Exception, IPublicMessage
{
    public FunctionFailedException()
    {
    }

    public FunctionFailedException(string message) : base(message)
    {
    }

    public FunctionFailedException(string message, Exception inner) : base(message, inner)
    {
    }

    public static FunctionFailedException Of(string function, Exception failure) => new($"{function} failed: {SafeException.Describe(failure)}");
}
