using Azure;

namespace AgentWarden.Platform.EventBridge.Sinks.StorageQueue;

/// <summary>What a failed call of the Queue service means, and what a person can do about it. By status and error code; never by its text, which can hold what was signed.</summary>
/// <param name="settings">For the names of the settings to mend.</param>
/// <param name="clock">For dates in <c>Retry-After</c>.</param>
internal sealed class QueueFailure(QueueSettings settings, TimeProvider clock)
{
    private const string Service = "the storage account's queue service";

    public static bool IsAbsent(RequestFailedException failure) => failure.Status == 404 && failure.ErrorCode == "QueueNotFound";

    /// <summary>The message was deleted, or somebody else has taken it.</summary>
    public static bool IsGone(RequestFailedException failure) => failure.Status == 404 || failure.ErrorCode == "PopReceiptMismatch";

    /// <summary>True for a failure of the service or of the way to it; false for any other, and for a call that its caller has given up.</summary>
    public static bool Knows(Exception failure, CancellationToken cancellation) =>
        failure is RequestFailedException answered && answered.GetRawResponse() is not null
        || (AzureFailure.IsUnreachable(failure) && !cancellation.IsCancellationRequested);

    /// <summary>Our failure for one that <see cref="Knows"/> knows.</summary>
    /// <param name="failure">What the library threw.</param>
    /// <param name="deed">What was tried, to be followed by the queue's name.</param>
    /// <param name="queue">The queue.</param>
    public Exception Of(Exception failure, string deed, string queue) =>
        failure is RequestFailedException answered && answered.GetRawResponse() is { } answer
            ? Answered(answered, answer, deed, queue)
            : AzureFailure.Unreachable(failure, Service, settings.ConnectionFrom);

    /// <summary>Without the library's exception inside, because of its text.</summary>
    private Exception Answered(RequestFailedException failure, Response answer, string deed, string queue) =>
        AzureFailure.Busy(answer, Service, clock.GetUtcNow()) ?? answer.Status switch
        {
            400 or 413 => new EventRefusedException($"The queue {queue} refuses the message ({answer.Status} {Code(failure)})."),
            401 or 403 => new SinkUnavailableException($"This process may not {deed} the queue {queue} ({answer.Status} {Code(failure)}). {Advice}"),
            409 => new SinkUnavailableException($"The queue {queue} is being deleted ({Code(failure)}); it can be made again in about half a minute."),
            _ => (Exception)new SinkUnavailableException(
                $"The queue service answers {answer.Status} {Code(failure)} to an attempt to {deed} the queue {queue}. "
                + $"Check that {settings.ConnectionFrom} names a storage account with queues."),
        };

    private string Advice => settings.Access switch
    {
        QueueAccess.Identity =>
            $"Give its identity the role Storage Queue Data Contributor on the storage account of {settings.ConnectionFrom}, "
            + "or on the queue when that exists; and see that the account's firewall lets it in.",
        QueueAccess.Signature =>
            $"The shared access signature in {settings.ConnectionFrom} must not have expired and must allow "
            + "reading, adding, creating, updating and processing queue messages and creating queues.",
        _ => $"Put the account's present key into {settings.ConnectionFrom}, and see that the account allows key access, "
            + "that its firewall lets this process in, and that this machine's clock is right.",
    };

    private static string Code(RequestFailedException failure) =>
        failure.ErrorCode is { Length: < 80 } code && code.All(char.IsAsciiLetter) ? code : "no code";
}
