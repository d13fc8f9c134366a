using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Planning;

namespace AgentWarden.Kernel.Contracts;

/// <summary>
/// What a function does, by the name of its folder. It takes plain input and returns a plain answer: no web framework, no Functions host.
/// The class with the triggers is beside it.
/// </summary>
internal interface IHandler
{
    /// <summary>Folder name, exact case.</summary>
    string Name { get; }

    /// <summary>What runs it, and under whose account.</summary>
    HostedParts Part { get; }

    /// <summary>What it reads and writes; RBAC is generated from this and a test holds the manifests to it.</summary>
    IReadOnlyList<AccessRule> Access { get; }
}

/// <summary>Called over HTTP: admission, and the intake of events.</summary>
internal interface IHttpHandler : IHandler
{
    Task<HttpAnswer> HandleAsync(HttpCall call, CancellationToken cancellation);
}

/// <summary>Called for cluster changes. Level-triggered: the event names an object, the function looks at it.</summary>
internal interface IEventHandler : IHandler
{
    IReadOnlyList<Subscription> Subscriptions { get; }

    /// <summary>Looks at the object. Throws for a fault, which is retried with backoff; a user's mistake is no fault.</summary>
    Task<EventAnswer> HandleAsync(ObjectEvent change, CancellationToken cancellation);
}

/// <summary>Called on the schedule of its timer, by one runner among the replicas.</summary>
internal interface ITimerHandler : IHandler
{
    Task TickAsync(DateTimeOffset now, CancellationToken cancellation);
}

/// <summary>An HTTP request without a web framework. The body is only valid during the call.</summary>
internal readonly record struct HttpCall(string Method, string Path, IReadOnlyDictionary<string, string> Headers, ReadOnlyMemory<byte> Body)
{
    public string? Header(string name) => Headers.TryGetValue(name, out var value) ? value : null;
}

/// <summary>An HTTP answer without a web framework. </summary>
internal readonly record struct HttpAnswer(int Status, string ContentType, ReadOnlyMemory<byte> Body)
{
    public const string Json = "application/json";
    public const string Text = "text/plain; charset=utf-8";

    /// <summary>Seconds for a <c>Retry-After</c> header, when the caller should come back.</summary>
    public int? RetryAfterSeconds { get; init; }

    /// <summary>Further headers of the answer; null for none, as nearly always.</summary>
    public IReadOnlyList<KeyValuePair<string, string>>? Headers { get; init; }

    public static HttpAnswer OfText(int status, string text) => new(status, Text, System.Text.Encoding.UTF8.GetBytes(text));
}

/// <summary>What an event function answers: when to look at the same object again, and what else to look at.</summary>
internal readonly record struct EventAnswer(Outcome Next, IReadOnlyList<ObjectReference> FollowUps)
{
    public static readonly EventAnswer Done = new(new Outcome.Done(), []);
}

/// <summary>One RBAC rule that a function needs: verbs on a kind (or its subresource).</summary>
internal sealed record AccessRule(ResourceKind Kind, string? Subresource, params string[] Verbs);
