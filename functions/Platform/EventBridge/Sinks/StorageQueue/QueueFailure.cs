using Azure;

namespace AgentWarden.Platform.EventBridge.Sinks.StorageQueue;

/// <summary>What an answer of the Queue service means, and what a person can do about it. By status and <c>x-ms-error-code</c>; never by its text, which can hold what was signed.</summary>
/// <param name="settings">For the names of the settings to mend.</param>
/// <param name="clock">For dates in <c>Retry-After</c>.</param>
internal sealed class QueueFailure(QueueSettings settings, TimeProvider clock)
{
    private const string Service = "the storage account's queue service";

    public static bool IsAbsent(Response answer) => answer.Status == 404 && Code(answer) == "QueueNotFound";

    public static bool IsThere(Response answer) => answer.Status == 409 && Code(answer) == "QueueAlreadyExists";

    /// <summary>The message was deleted, or somebody else has taken it.</summary>
    public static bool IsGone(Response answer) => answer.Status == 404 || Code(answer) == "PopReceiptMismatch";

    public SinkUnavailableException NoAnswer(Exception failure) => AzureFailure.Unreachable(failure, Service, settings.ConnectionFrom);

    /// <param name="answer">Not the one that was hoped for.</param>
    /// <param name="deed">What was tried, to be followed by the queue's name.</param>
    /// <param name="queue">The queue.</param>
    public Exception Of(Response answer, string deed, string queue) =>
        AzureFailure.Busy(answer, Service, clock.GetUtcNow()) ?? answer.Status switch
        {
            400 or 413 => new EventRefusedException($"The queue {queue} refuses the message ({answer.Status} {Code(answer)})."),
            401 or 403 => new SinkUnavailableException($"This process may not {deed} the queue {queue} ({answer.Status} {Code(answer)}). {Advice}"),
            409 => new SinkUnavailableException($"The queue {queue} is being deleted ({Code(answer)}); it can be made again in about half a minute."),
            _ => (Exception)new SinkUnavailableException($"The queue service answers {answer.Status} {Code(answer)} to an attempt to {deed} the queue {queue}. Check that {settings.ConnectionFrom} names a storage account with queues."),
        };

    private string Advice =>
        settings.Connection.UsesIdentity ? $"Give its identity the role Storage Queue Data Contributor on the storage account of {settings.ConnectionFrom}, or on the queue when that exists; and see that the account's firewall lets it in."
        : settings.Connection.Signature is not null ? $"The shared access signature in {settings.ConnectionFrom} must not have expired and must allow reading, adding, creating, updating and processing queue messages and creating queues."
        : $"Put the account's present key into {settings.ConnectionFrom}, and see that the account allows key access, that its firewall lets this process in, and that this machine's clock is right.";

    private static string Code(Response answer) => answer.Headers.TryGetValue("x-ms-error-code", out var code) && code.Length < 80 && code.All(char.IsAsciiLetter) ? code : "no code";
}
