using System.Text.Json.Serialization;

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

/// <summary>The fields of <c>TokenReview</c> that are sent and read.</summary>
internal sealed record TokenReview
{
    public string ApiVersion { get; init; } = "authentication.k8s.io/v1";
    public string Kind { get; init; } = "TokenReview";
    public TokenReviewSpec? Spec { get; init; }
    public TokenReviewStatus? Status { get; init; }

    /// <summary>An authenticator that knows no audiences answers none: then the token was not checked for ours.</summary>
    public string? User(string audience) =>
        Status is { Authenticated: true, User.Username: { Length: > 0 } name } && Status.Audiences?.Contains(audience, StringComparer.Ordinal) == true ? name : null;
}

/// <summary><c>spec</c>. A class, so that nothing prints the token.</summary>
internal sealed class TokenReviewSpec
{
    public required string Token { get; init; }
    public required string[] Audiences { get; init; }
}

internal sealed record TokenReviewStatus(bool Authenticated, TokenReviewUser? User, string[]? Audiences);

internal sealed record TokenReviewUser(string? Username);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TokenReview))]
internal sealed partial class TokenReviewJson : JsonSerializerContext;
