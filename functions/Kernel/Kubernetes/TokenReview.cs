using k8s.Models;

namespace AgentWarden.Kernel.Kubernetes;

/// <summary>Asks the API server whose a bearer token is.</summary>
internal interface ITokenReviewer
{
    /// <summary><c>POST</c> of a <c>TokenReview</c> (authentication.k8s.io/v1). Needs the verb create on tokenreviews.</summary>
    /// <param name="token">The token; it goes to the API server and nowhere else.</param>
    /// <param name="audience">Whom the token must be meant for.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>The user name, or null when the token is not good, or not for this audience.</returns>
    Task<string?> UserOfAsync(string token, string audience, CancellationToken cancellation);
}

/// <summary>The question and the reading of its answer.</summary>
internal static class TokenReview
{
    public static V1TokenReview Of(string token, string audience) =>
        new() { Spec = new() { Token = token, Audiences = [audience] } };

    /// <summary>An authenticator that knows no audiences answers none: then the token was not checked for ours.</summary>
    public static string? User(V1TokenReviewStatus? status, string audience) =>
        status is { Authenticated: true, User.Username: { Length: > 0 } name }
        && status.Audiences?.Contains(audience, StringComparer.Ordinal) == true ? name : null;
}
