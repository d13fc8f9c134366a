using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace AgentWarden.Kernel.Contracts;

/// <summary>
/// What a function class hands its input to. Behind it is the handler of that name, with everything that is the same for all functions:
/// limits, who may call, measures, and answers to what fails.
/// </summary>
public interface IFunctionEntry
{
    /// <summary>A request that the function's handler answers itself: an admission review.</summary>
    /// <param name="function">The handler's name.</param>
    /// <param name="request">Its body is read here, up to the limit.</param>
    /// <param name="cancellation">The caller has left.</param>
    Task<IResult> HttpAsync(string function, HttpRequest request, CancellationToken cancellation);

    /// <summary>CloudEvents over HTTP, structured, binary or in a batch.</summary>
    /// <param name="function">Whom they are for; null for those that say it themselves, and for all that subscribe.</param>
    /// <param name="request">As for <see cref="HttpAsync"/>.</param>
    /// <param name="cancellation">The sender has left.</param>
    Task<IResult> EventsAsync(string? function, HttpRequest request, CancellationToken cancellation);

    /// <summary>CloudEvents in a message of the function's queue. When it returns, the message is done; when it throws, the whole message comes again.</summary>
    Task MessageAsync(string function, string message, CancellationToken cancellation);

    /// <summary>A tick of the function's timer.</summary>
    Task TickAsync(string function, CancellationToken cancellation);
}

/// <summary>A function class with an HTTP trigger, as a bare process calls it; a Functions host finds the same method by its attribute.</summary>
public interface IHttpFunction
{
    Task<IResult> RunAsync(HttpRequest request, CancellationToken cancellation);
}

/// <summary>A function class with a timer, as a bare process calls it.</summary>
public interface ITimerFunction
{
    Task TickAsync(TimerInfo timer, CancellationToken cancellation);
}
