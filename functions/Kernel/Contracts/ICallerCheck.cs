namespace AgentWarden.Kernel.Contracts;

/// <summary>Says who may call an endpoint that is open to the network.</summary>
internal interface ICallerCheck
{
    /// <summary>Why the caller is refused, or null when it may go on.</summary>
    ValueTask<Refusal?> CheckAsync(HttpCall call, CancellationToken cancellation);
}

/// <summary>An answer to a caller who may not go on.</summary>
/// <param name="Status">401 for who it is, 403 for what it may, 503 when that cannot be told now.</param>
/// <param name="Message">What to do about it; holds nothing of the credential.</param>
internal sealed record Refusal(int Status, string Message);
